#include "ablate/measure/sampler.hpp"

#include <stdexcept>

#ifndef ABLATE_CUDA

namespace ablate {

std::unique_ptr<Sampler> make_cuda_sampler(Block&, const torch::Tensor&, bool, Calls) {
  throw std::logic_error("this build has no CUDA");
}

}  // namespace ablate

#else

#include "ablate/base/steady.hpp"
#include "ablate/measure/blocker.hpp"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace ablate {
namespace {

class Event {
 public:
  Event() { C10_CUDA_CHECK(cudaEventCreate(&event_)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(cudaStream_t stream) { C10_CUDA_CHECK(cudaEventRecord(event_, stream)); }
  /// Inside a capture: a node of the graph that stamps the time whenever the graph comes by.
  void record_in_graph(cudaStream_t stream) {
    C10_CUDA_CHECK(cudaEventRecordWithFlags(event_, stream, cudaEventRecordExternal));
  }
  double seconds_until(const Event& later) const {
    float milliseconds = 0;
    C10_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, event_, later.event_));
    return static_cast<double>(milliseconds) * 1e-3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Before and after one or more calls.
struct Span {
  Event begin, end;
  double seconds() const { return begin.seconds_until(end); }
};

/// Memory larger than the level-2 cache, written to push all else out of it.
class Flush {
 public:
  explicit Flush(c10::DeviceIndex device) {
    int bytes = 0;
    C10_CUDA_CHECK(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, device));
    buffer_ = torch::empty({2 * static_cast<std::int64_t>(bytes)},
                           torch::TensorOptions().dtype(torch::kByte).device(torch::kCUDA, device));
  }
  void write(cudaStream_t stream) const {
    C10_CUDA_CHECK(cudaMemsetAsync(buffer_.data_ptr(), 0, static_cast<std::size_t>(buffer_.numel()), stream));
  }

 private:
  torch::Tensor buffer_;
};

/// What is queued behind the blocker must fit the driver's queue of about a thousand launches; calls that
/// take this long to launch have a fifth of that.
constexpr double most_launch_s = 0.6e-3;
/// A graph's replay should take no longer.
constexpr double most_graph_s = 1e-3;

/// Few choices, so that every instance of a block is sampled alike: what begins and ends a batch is shared by
/// its calls.
std::int64_t calls_within(double seconds, double call_s) {
  for (const std::int64_t calls : {32, 16, 8, 4, 2})
    if (static_cast<double>(calls) * call_s <= seconds) return calls;
  return 1;
}

class CudaSampler : public Sampler {
 public:
  CudaSampler(Block& block, const torch::Tensor& input, bool cold, Calls known)
      : block_(block),
        input_(input),
        device_(input.device().index()),
        stream_(c10::cuda::getStreamFromPool(false, device_)) {
    const c10::cuda::CUDAGuard guard(device_);
    if (cold) flush_.emplace(device_);
    call();
    calibrate(known);
    prepare_graph();
  }

  double sample(Clock clock) override {
    const c10::InferenceMode inference;
    const c10::cuda::CUDAGuard guard(device_);
    if (clock == Clock::host) return sample_host();
    if (const auto why = why_not(clock); !why.empty()) throw std::logic_error(why);
    if (clock == Clock::graph) return sample_graph();
    return clock == Clock::device ? sample_device() : take_launch();
  }

  std::string why_not(Clock clock) const override {
    if (clock == Clock::host) return {};
    if (clock == Clock::graph) return no_graph_;
    return Blocker::of(device_).works() ? no_device_ : Blocker::of(device_).why_not();
  }

  std::int64_t calls(Clock clock) const override {
    return clock == Clock::host ? 1 : clock == Clock::graph ? graph_calls_ : calls_;
  }

  void call() override {
    const c10::InferenceMode inference;
    const c10::cuda::CUDAGuard guard(device_);
    run();
    synchronise();
  }

 private:
  void run() { output_ = block_.run(input_); }
  void synchronise() const { C10_CUDA_CHECK(cudaDeviceSynchronize()); }
  cudaStream_t current() const { return c10::cuda::getCurrentCUDAStream(device_).stream(); }

  /// The notebook's clock: from the call to its synchronised end.
  double sample_host() {
    if (flush_)
      flush_->write(current());
    else
      run();
    synchronise();
    const auto begin = Steady::now();
    run();
    synchronise();
    return seconds_since(begin);
  }

  /// Nothing runs before all is queued, so the gaps that launching leaves do not count; and the thread that
  /// queues never waits for the device, so that its time is the cost of launching alone.
  double sample_device() {
    auto& blocker = Blocker::of(device_);
    double queuing_s = 0;
    {
      const auto blocked = blocker.block(current());
      if (!flush_) {
        run();
        spans_.front().begin.record(current());
        queuing_s = seconds_to_queue(calls_);
        spans_.front().end.record(current());
      } else {
        for (auto& span : spans_) {
          flush_->write(current());
          span.begin.record(current());
          queuing_s += seconds_to_queue(1);
          span.end.record(current());
        }
      }
    }
    synchronise();
    if (blocker.gave_up()) no_device_ = "the launches of one call fill the driver's queue";
    launch_s_ = queuing_s / static_cast<double>(calls_);
    return mean_of(spans_, calls_);
  }

  double seconds_to_queue(std::int64_t calls) {
    const auto begin = Steady::now();
    for (std::int64_t call = 0; call < calls; ++call) run();
    return seconds_since(begin);
  }

  /// Of the last sample of the device's clock, once; of a new one where that was taken before.
  double take_launch() {
    if (!launch_s_) sample_device();
    return *std::exchange(launch_s_, std::nullopt);
  }

  double sample_graph() {
    const c10::cuda::CUDAStreamGuard guard(stream_);
    graph_->replay();
    synchronise();
    return mean_of(graph_spans_, graph_calls_);
  }

  static double mean_of(const std::vector<Span>& spans, std::int64_t calls) {
    double total = 0;
    for (const auto& span : spans) total += span.seconds();
    return total / static_cast<double>(calls);
  }

  /// As many calls as launch in `most_launch_s`. The shortest of some: the host is disturbed more often than
  /// not.
  void calibrate(const Calls& known) {
    calls_ = known[static_cast<std::size_t>(Clock::device)];
    graph_calls_ = known[static_cast<std::size_t>(Clock::graph)];
    if (calls_ == 0) find_calls();
    spans_ = std::vector<Span>(flush_ ? static_cast<std::size_t>(calls_) : 1);
    graph_spans_ = std::vector<Span>(flush_ ? static_cast<std::size_t>(graph_calls_) : 1);
  }

  void find_calls() {
    const c10::InferenceMode inference;
    double launch_s = most_launch_s, call_s = most_graph_s;
    for (int i = 0; i < 3; ++i) {
      const auto begin = Steady::now();
      run();
      launch_s = std::min(launch_s, seconds_since(begin));
      synchronise();
      call_s = std::min(call_s, seconds_since(begin));
    }
    calls_ = calls_within(most_launch_s, launch_s);
    graph_calls_ = calls_within(most_graph_s, call_s);
  }

  /// Captured after a call on the same stream, which has libraries set themselves up outside the capture.
  void prepare_graph() {
    const c10::InferenceMode inference;
    const c10::cuda::CUDAStreamGuard guard(stream_);
    run();
    synchronise();
    graph_ = std::make_unique<at::cuda::CUDAGraph>();
    try {
      graph_->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      capture_calls();
      graph_->capture_end();
      graph_->replay();
      synchronise();
    } catch (const std::exception& error) {
      no_graph_ = reason_of(error);
      end_broken_capture();
    }
  }

  /// The clock is read inside the graph, behind a first call: what starting a graph costs is no call's.
  void capture_calls() {
    const auto stream = stream_.stream();
    if (!flush_) {
      run();
      graph_spans_.front().begin.record_in_graph(stream);
      for (std::int64_t call = 0; call < graph_calls_; ++call) run();
      graph_spans_.front().end.record_in_graph(stream);
      return;
    }
    for (auto& span : graph_spans_) {
      flush_->write(stream);
      span.begin.record_in_graph(stream);
      run();
      span.end.record_in_graph(stream);
    }
  }

  static std::string reason_of(const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    const std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
    return text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
  }

  /// A block that cannot be captured leaves the stream in its capture, and an error behind.
  void end_broken_capture() {
    try {
      graph_->capture_end();
    } catch (const std::exception&) {  // that the capture is broken is known
    }
    graph_.reset();
    cudaGetLastError();
  }

  Block& block_;
  torch::Tensor input_;
  c10::DeviceIndex device_;
  c10::cuda::CUDAStream stream_;  ///< of the graph: the default stream cannot be captured
  std::optional<Flush> flush_;    ///< where cold
  std::int64_t calls_ = 1, graph_calls_ = 1;
  std::vector<Span> spans_, graph_spans_;
  std::optional<double> launch_s_;  ///< of the device's last sample, until it is asked for
  Outputs output_;
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
  std::string no_device_, no_graph_;
};

}  // namespace

std::unique_ptr<Sampler> make_cuda_sampler(Block& block, const torch::Tensor& input, bool cold, Calls calls) {
  return std::make_unique<CudaSampler>(block, input, cold, calls);
}

}  // namespace ablate

#endif
