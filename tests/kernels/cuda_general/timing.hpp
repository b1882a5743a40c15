#pragma once

#include "cuda_general/block_cases.hpp"
#include "cuda_general/pointwise_cases.hpp"

/// How long the kernels take: a graph of kCalls launches one after another, the median of kTurns replays.

namespace ablate::kernels::cuda::general {

#ifdef ABLATE_EMULATED

inline void time_all(const Machine&) {}

#else

constexpr int kCalls = 20, kTurns = 15;

/// Microseconds of one call of `launch`.
template <class Launch>
double time_of(Launch launch) {
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t replay;
  cudaEvent_t begin, end;
  must(cudaStreamCreate(&stream), "stream");
  must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  for (int i = 0; i < kCalls; ++i) must(launch(stream), "launch");
  must(cudaStreamEndCapture(stream, &graph), "capture");
  must(cudaGraphInstantiate(&replay, graph, 0), "graph");
  must(cudaEventCreate(&begin), "event");
  must(cudaEventCreate(&end), "event");
  std::vector<double> times;
  for (int turn = -3; turn < kTurns; ++turn) {
    must(cudaEventRecord(begin, stream), "event");
    must(cudaGraphLaunch(replay, stream), "replay");
    must(cudaEventRecord(end, stream), "event");
    must(cudaStreamSynchronize(stream), "replay");
    float milliseconds = 0;
    must(cudaEventElapsedTime(&milliseconds, begin, end), "event");
    if (turn >= 0) times.push_back(milliseconds * 1000 / kCalls);
  }
  cudaEventDestroy(begin), cudaEventDestroy(end);
  cudaGraphExecDestroy(replay), cudaGraphDestroy(graph), cudaStreamDestroy(stream);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

/// Bytes a microsecond of a device-to-device copy of 1 GiB, both ways counted: what a floor is taken from.
inline double copy_rate() {
  constexpr size_t kBytes = size_t{1} << 30;
  void *from = nullptr, *to = nullptr;
  must(cudaMalloc(&from, kBytes), "cudaMalloc");
  must(cudaMalloc(&to, kBytes), "cudaMalloc");
  const double time = time_of([&](cudaStream_t stream) {
    return cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDeviceToDevice, stream);
  });
  cudaFree(from), cudaFree(to);
  return 2.0 * kBytes / time;
}

struct TimedShape {
  int64_t batch, channels, side;
};

inline void say(const char* what, Element element, const TimedShape& shape, double time, double floor) {
  std::printf("%-28s %-8s (%2d, %3d, %3d)  %8.2f us, byte floor %7.2f, %5.1f %%\n", what, name_of(element),
              static_cast<int>(shape.batch), static_cast<int>(shape.channels), static_cast<int>(shape.side),
              time, floor, 100 * floor / time);
  std::fflush(stdout);
}

inline void time_pointwise(const TimedShape& shape, Element element, bool gated, bool single, double rate,
                           const Machine& machine) {
  const int64_t pixels = shape.side * shape.side, c = shape.channels, all = c * pixels;
  const Memory x(element, shape.batch * all), output(element, shape.batch * all), weight(element, c * c);
  const Memory packed(element, packed_weight_bytes(c, c, element) / bytes_of(element));
  const Memory gates(Element::float32, std::vector<double>(static_cast<size_t>(shape.batch * c), 0.5));
  // Zeros: NaN would be summed anew, and the clocks do not depend on the numbers.
  must(cudaMemset(x.data(), 0, static_cast<size_t>(shape.batch * all * bytes_of(element))), "cudaMemset");
  must(cudaMemset(weight.data(), 0, static_cast<size_t>(c * c * bytes_of(element))), "cudaMemset");
  must(launch_pack_weight(weight.data(), c, c, c, element, packed.data(), nullptr), "pack");
  must(cudaDeviceSynchronize(), "pack");
  PointwiseCall call;
  call.element = element, call.single_tf32 = single;
  call.batch = shape.batch, call.pixels = pixels, call.rows = call.columns = c;
  call.first_columns = gated ? c / 2 : c;
  call.first = {x.data(), all, pixels};
  call.second = {x.as<char>() + c / 2 * pixels * bytes_of(element), all, pixels};
  call.weight = packed.data(), call.relu = true;
  if (gated) call.scale = gates.as<float>();
  call.output = {output.data(), all, pixels};
  const double time = time_of([&](cudaStream_t stream) { return launch_pointwise(call, machine, stream); });
  say(single  ? "pointwise, single TF32"
      : gated ? "pointwise, half gated"
              : "pointwise",
      element, shape, time, 2.0 * static_cast<double>(shape.batch * all * bytes_of(element)) / rate);
}

inline void time_block(const TimedShape& shape, Element element, bool split, double rate,
                       const Machine& machine) {
  BlockCase c;
  c.element = element, c.batch = shape.batch, c.height = c.width = shape.side;
  c.active = split ? shape.channels / 2 : shape.channels;
  c.passive = shape.channels - c.active;
  c.affine = split, c.in_place = true;
  BlockData data(c);
  const BlockMemory memory(c, data, machine);
  const Memory output(element, c.batch * c.channels() * c.pixels());
  const double bytes = static_cast<double>(c.batch * c.channels() * c.pixels() * bytes_of(element));

  auto depthwise = BlockMemory::depthwise(c);
  depthwise.x = {memory.input.data(), c.channels() * c.pixels(), c.pixels()};
  depthwise.filters = memory.filters.as<float>(), depthwise.sums = memory.sums.as<float>();
  depthwise.y = {output.data(), c.channels() * c.pixels(), c.pixels()};
  const double first =
      time_of([&](cudaStream_t stream) { return launch_depthwise(depthwise, machine, stream); });
  const double active = static_cast<double>(c.active) / static_cast<double>(c.channels());
  say(split ? "STM: depthwise alone" : "DW: depthwise alone", element, shape, first,
      2 * bytes * active / rate);
  const double whole =
      time_of([&](cudaStream_t stream) { return launch_block(c, memory, output.data(), machine, stream); });
  say(split ? "STM: two passes and the gate" : "DW: two passes and the gate", element, shape, whole,
      2 * bytes / rate);
}

inline void time_all(const Machine& machine) {
  const double rate = copy_rate();
  std::printf(
      "\na copy of 1 GiB: %.2f TB/s, both ways counted; small shapes live in L2, beneath this floor\n",
      rate * 1e-6);
  for (const auto& shape : {TimedShape{1, 64, 64}, {16, 64, 64}, {1, 192, 64}, {1, 64, 256}, {64, 64, 128}})
    for (const auto element : {Element::float32, Element::float16, Element::bfloat16}) {
      time_pointwise(shape, element, false, false, rate, machine);
      time_pointwise(shape, element, true, false, rate, machine);
      if (element == Element::float32) time_pointwise(shape, element, false, true, rate, machine);
      time_block(shape, element, false, rate, machine);
      time_block(shape, element, true, rate, machine);
    }
}

#endif

}  // namespace ablate::kernels::cuda::general
