#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace ablate::kernels {

/// Floats on a cache line's boundary.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(int64_t count) { at_least(count); }

  /// Room for `count`; what it held is lost where it has to grow. Zeros where it has grown.
  float* at_least(int64_t count) {
    if (count <= count_) return data_.get();
    data_.reset();
    data_.reset(new (alignment) float[static_cast<std::size_t>(count)]());
    count_ = count;
    return data_.get();
  }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Delete {
    void operator()(float* data) const { ::operator delete[](data, alignment); }
  };
  std::unique_ptr<float[], Delete> data_;
  int64_t count_ = 0;
};

/// What a thread keeps from call to call: as much as the largest image so far needed, until the thread ends.
struct Scratch {
  AlignedFloats image;  ///< of the images that this thread works on, or called for
  AlignedFloats tiles;  ///< of this thread's own share

  static Scratch& of_this_thread() {
    static thread_local Scratch scratch;
    return scratch;
  }
};

}  // namespace ablate::kernels
