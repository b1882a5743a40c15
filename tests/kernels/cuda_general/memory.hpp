#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "ablate/kernels/cuda/general.hpp"

/// Device memory for the checks: filled with NaN, fenced on both sides, as far off alignment as asked.

namespace ablate::kernels::cuda::general {

inline void must(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  std::printf("STOPPED: %s: %s\n", what, cudaGetErrorString(error));
  std::exit(2);
}

inline double rounded(Element element, double value) {
  const auto single = static_cast<float>(value);
  if (element == Element::float16) return __half2float(__float2half_rn(single));
  if (element == Element::bfloat16) return __bfloat162float(__float2bfloat16_rn(single));
  return single;
}

class Memory {
 public:
  /// `count` elements, the first `off` elements after a multiple of 256 bytes. All are the same NaN at first.
  Memory(Element element, int64_t count, int64_t off = 0)
      : element_(element), count_(count), begin_(kFence + off * bytes_of(element)) {
    bytes_ = begin_ + count * bytes_of(element) + kFence;
    must(cudaMalloc(&device_, static_cast<size_t>(bytes_)), "cudaMalloc");
    poison();
  }
  Memory(Element element, const std::vector<double>& values, int64_t off = 0)
      : Memory(element, static_cast<int64_t>(values.size()), off) {
    write(values);
  }
  ~Memory() { cudaFree(device_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  void* data() const { return static_cast<char*>(device_) + begin_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data());
  }

  void write_zeros() const { must(cudaMemset(data(), 0, static_cast<size_t>(count_ * bytes_of(element_))), "cudaMemset"); }
  void poison() const { must(cudaMemset(device_, 0xff, static_cast<size_t>(bytes_)), "cudaMemset"); }

  void write(const std::vector<double>& values) {
    std::vector<char> raw(values.size() * static_cast<size_t>(bytes_of(element_)));
    for (size_t i = 0; i < values.size(); ++i) put(raw.data(), i, values[i]);
    must(cudaMemcpy(data(), raw.data(), raw.size(), cudaMemcpyHostToDevice), "cudaMemcpy");
  }

  /// Everything, fences too.
  std::vector<unsigned char> bytes() const {
    std::vector<unsigned char> all(static_cast<size_t>(bytes_));
    must(cudaMemcpy(all.data(), device_, all.size(), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return all;
  }

  std::vector<double> read() const {
    const auto all = bytes();
    std::vector<double> values(static_cast<size_t>(count_));
    for (size_t i = 0; i < values.size(); ++i) values[i] = get(all.data() + begin_, i);
    return values;
  }

  /// Whether all that `written` does not name, fences included, is as poison() left it.
  bool untouched_but(const std::vector<bool>& written) const {
    const auto all = bytes();
    const auto size = static_cast<size_t>(bytes_of(element_)), begin = static_cast<size_t>(begin_);
    for (size_t i = 0; i < all.size(); ++i) {
      const bool inside = i >= begin && (i - begin) / size < written.size();
      if (!(inside && written[(i - begin) / size]) && all[i] != 0xff) return false;
    }
    return true;
  }

 private:
  static constexpr int64_t kFence = 4096;

  void put(char* raw, size_t i, double value) const {
    const auto single = static_cast<float>(value);
    if (element_ == Element::float32) {
      std::memcpy(raw + i * 4, &single, 4);
    } else if (element_ == Element::float16) {
      const __half narrow = __float2half_rn(single);
      std::memcpy(raw + i * 2, &narrow, 2);
    } else {
      const __nv_bfloat16 narrow = __float2bfloat16_rn(single);
      std::memcpy(raw + i * 2, &narrow, 2);
    }
  }
  double get(const unsigned char* raw, size_t i) const {
    if (element_ == Element::float32) {
      float value;
      std::memcpy(&value, raw + i * 4, 4);
      return value;
    }
    if (element_ == Element::float16) {
      __half value;
      std::memcpy(&value, raw + i * 2, 2);
      return __half2float(value);
    }
    __nv_bfloat16 value;
    std::memcpy(&value, raw + i * 2, 2);
    return __bfloat162float(value);
  }

  Element element_;
  int64_t count_, begin_, bytes_ = 0;
  void* device_ = nullptr;
};

}  // namespace ablate::kernels::cuda::general
