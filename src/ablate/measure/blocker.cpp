#ifdef ABLATE_CUDA

#include "ablate/measure/blocker.hpp"

#include <c10/cuda/CUDAException.h>
#include <cuda.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace ablate {
namespace {

/// Queuing a batch takes a millisecond or two.
constexpr std::chrono::milliseconds patience{500};

using WaitValue = CUresult (*)(CUstream, CUdeviceptr, cuuint32_t, unsigned int);

/// Looked up at run time: this program does not link the driver.
WaitValue find_wait_value() {
  void* function = nullptr;
  auto status = cudaDriverEntryPointSymbolNotFound;
  const auto error =
      cudaGetDriverEntryPointByVersion("cuStreamWaitValue32", &function, 12000, cudaEnableDefault, &status);
  if (error != cudaSuccess || status != cudaDriverEntryPointSuccess) return nullptr;
  return reinterpret_cast<WaitValue>(function);
}

}  // namespace

struct Blocker::State {
  WaitValue wait = nullptr;
  std::uint32_t* flag = nullptr;  ///< in host memory that the device reads
  CUdeviceptr flag_on_device = 0;
  std::uint32_t round = 0;
  std::atomic<bool> gave_up = false;

  std::mutex mutex;
  std::condition_variable changed;
  bool blocked = false;
  std::jthread watchdog;

  void let_go() { std::atomic_ref(*flag).store(round, std::memory_order_seq_cst); }

  void watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      changed.wait(lock, [&] { return blocked || stop.stop_requested(); });
      const auto seen = round;
      const auto moved = [&] { return !blocked || round != seen || stop.stop_requested(); };
      if (!changed.wait_for(lock, patience, moved)) {
        gave_up = true;
        let_go();
        blocked = false;
      }
    }
  }

  ~State() {
    watchdog.request_stop();
    changed.notify_all();
  }
};

Blocker& Blocker::of(int device) {
  // Never destroyed: at the end of a process the driver may be gone before its statics.
  static auto& blockers = *new std::map<int, std::unique_ptr<Blocker>>;
  auto& blocker = blockers[device];
  if (!blocker) blocker.reset(new Blocker(device));
  return *blocker;
}

Blocker::Blocker(int device) : state_(std::make_shared<State>()) {
  int current = 0;
  C10_CUDA_CHECK(cudaGetDevice(&current));
  C10_CUDA_CHECK(cudaSetDevice(device));
  void *host = nullptr, *on_device = nullptr;
  C10_CUDA_CHECK(cudaHostAlloc(&host, sizeof(std::uint32_t), cudaHostAllocMapped | cudaHostAllocPortable));
  C10_CUDA_CHECK(cudaHostGetDevicePointer(&on_device, host, 0));
  C10_CUDA_CHECK(cudaSetDevice(current));
  state_->flag = static_cast<std::uint32_t*>(host);
  *state_->flag = 0;
  state_->flag_on_device = reinterpret_cast<CUdeviceptr>(on_device);
  state_->wait = find_wait_value();
  if (!state_->wait) why_not_ = "the driver cannot hold a stream back (cuStreamWaitValue32)";
  state_->watchdog =
      std::jthread([state = state_.get()](const std::stop_token& stop) { state->watch(stop); });
}

Blocker::Blocked Blocker::block(cudaStream_t stream) {
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->round;
    state_->blocked = true;
    state_->gave_up = false;
  }
  state_->changed.notify_one();
  const auto result = state_->wait(stream, state_->flag_on_device, state_->round, CU_STREAM_WAIT_VALUE_GEQ);
  if (result != CUDA_SUCCESS) {
    release();
    TORCH_CHECK(false, "cuStreamWaitValue32 failed with error ", static_cast<int>(result));
  }
  return Blocked(*this);
}

void Blocker::release() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->let_go();
    state_->blocked = false;
  }
  state_->changed.notify_one();
}

bool Blocker::gave_up() const { return state_->gave_up; }

}  // namespace ablate

#endif
