#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <string>

namespace ablate {

/// Holds a CUDA stream still until the host lets it go, so that a batch of calls is queued before the first
/// one runs. A value in host memory that the stream waits for (cuStreamWaitValue32): no kernel spins
/// meanwhile. Only for files that are compiled with CUDA.
class Blocker {
 public:
  /// The one of a device. Lives as long as the process.
  static Blocker& of(int device);

  bool works() const { return why_not_.empty(); }
  std::string why_not() const { return why_not_; }

  /// Lets the stream go when it ends, however it ends.
  class Blocked {
   public:
    explicit Blocked(Blocker& blocker) : blocker_(blocker) {}
    ~Blocked() { blocker_.release(); }
    Blocked(const Blocked&) = delete;
    Blocked& operator=(const Blocked&) = delete;

   private:
    Blocker& blocker_;
  };
  [[nodiscard]] Blocked block(cudaStream_t stream);

  /// Whether the last stream was let go by the watchdog: the queue was full, and the host would have waited
  /// for the stream that waited for the host.
  bool gave_up() const;

 private:
  explicit Blocker(int device);
  void release();
  struct State;
  std::shared_ptr<State> state_;
  std::string why_not_;
};

}  // namespace ablate
