// Whether the rendezvous of the one-launch kernels holds: many launches whose blocks dawdle at random, on one
// stream, on two at once, in replayed graphs, on a device that has room for a few blocks only, and on every
// device. Each launch's output must have the bits of the first. Hangs end the program with an error. Two
// copies at once try two processes on one GPU. A checker that runs kernels one by one needs a third argument,
// "uncrowded": the few blocks would wait for a kernel that waits for them.
//
//   nvcc -std=c++20 -O3 -DABLATE_DAWDLE -gencode arch=compute_90a,code=sm_90a -Isrc
//     src/ablate/kernels/cuda/{once,resident,mixing}_{float32,float16,bfloat16,kernels}.cu
//     src/ablate/kernels/cuda/{resident_tensor,warpgroup_mixing_{float32,float16,bfloat16}}.cu
//     src/ablate/kernels/cuda/{once_launch,once_tiles,resident_launch,mixing_launch,warpgroup_mixing_launch,launch,choose}.cpp
//     tests/kernels/cuda_stress.cu -o stress && ./stress 1000000 100000

#include "ablate/kernels/cuda/choose.hpp"
#include "ablate/kernels/cuda/warpgroup_weights.hpp"

#include <cuda_fp16.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

using namespace ablate::kernels::cuda;

namespace {

void must(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  std::printf("%s: %s\n", what, cudaGetErrorString(error));
  std::exit(1);
}

/// Waits, but not forever.
void finish(cudaStream_t stream, const std::string& what) {
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    const auto state = cudaStreamQuery(stream);
    if (state == cudaSuccess) return;
    if (state != cudaErrorNotReady) must(state, what.c_str());
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(60)) {
      std::printf("HANG in %s\n", what.c_str());
      std::fflush(stdout);
      _exit(1);
    }
    usleep(200);
  }
}

__global__ void fill(float* to, std::size_t count, unsigned seed, float spread) {
  for (std::size_t i = blockIdx.x * 256ull + threadIdx.x; i < count; i += gridDim.x * 256ull) {
    unsigned x = static_cast<unsigned>(i) * 2654435761u + seed;
    x ^= x >> 16, x *= 0x7feb352du, x ^= x >> 15;
    to[i] = (static_cast<float>(x & 0xffffff) / 0x1000000 - 0.5f) * spread;
  }
}

__global__ void fill_halves(__half* to, std::size_t count, unsigned seed, float spread) {
  for (std::size_t i = blockIdx.x * 256ull + threadIdx.x; i < count; i += gridDim.x * 256ull)
    to[i] = __float2half(
        (static_cast<float>((static_cast<unsigned>(i) * 2654435761u + seed) >> 8) / 0x1000000 - 0.5f) *
        spread);
}

__global__ void compare(const uint4* a, const uint4* b, std::size_t count, unsigned long long* different) {
  for (std::size_t i = blockIdx.x * 256ull + threadIdx.x; i < count; i += gridDim.x * 256ull)
    if (a[i].x != b[i].x || a[i].y != b[i].y || a[i].z != b[i].z || a[i].w != b[i].w)
      atomicAdd(different, 1ull);
}

template <typename T>
T* allocate(std::size_t count) {
  void* memory = nullptr;
  must(cudaMalloc(&memory, count * sizeof(T)), "cudaMalloc");
  must(cudaMemset(memory, 0, count * sizeof(T)), "cudaMemset");
  return static_cast<T*>(memory);
}

float* random_floats(std::size_t count, unsigned seed, float spread) {
  auto* to = allocate<float>(count);
  fill<<<256, 256>>>(to, count, seed, spread);
  return to;
}

__half* random_halves(std::size_t count, unsigned seed, float spread) {
  auto* to = allocate<__half>(count);
  fill_halves<<<256, 256>>>(to, count, seed, spread);
  return to;
}

/// Weights of the mixing for warp-groups; pairs of small halves are tiny floats, as biases and scales.
const float* warpgroup_mix_of(Element element, int channels, int active, int passive) {
  const auto floats = (channels / 8 + 1 + warpgroup_spare_groups) *
                      static_cast<std::size_t>(warpgroup_group_floats(active, passive, bytes_of(element)));
  return reinterpret_cast<const float*>(random_halves(2 * floats, 12, 0.5f));
}

/// DWBlock; STMBlock; FastSTMBlock by warps, and by warp-groups; the last after two pointwise convolutions, side
/// by side, each of which computes half of its channels.
enum class Kind { scaled, interleaved, mixed, mixed_by_groups, adjusted };

/// A block at a shape with all its memory, as one stream uses it. Lives as long as the program.
struct Trial {
  Trial(Kind kind_, Element element, int batch, int channels, int height, int width, const Device& device)
      : kind(kind_) {
    const int active = kind == Kind::scaled ? channels : channels / 2, passive = channels - active;
    const int64_t area = static_cast<int64_t>(height) * width, sample = channels * area;
    const int bytes_each = bytes_of(element);
    bytes = static_cast<std::size_t>(batch * sample * bytes_each);
    auto* x = element == Element::float32 ? reinterpret_cast<char*>(random_floats(bytes / 4, 1, 2))
                                          : reinterpret_cast<char*>(random_halves(bytes / 2, 1, 2));
    output = allocate<char>(bytes), first = allocate<char>(bytes),
    different = allocate<unsigned long long>(1);
    DepthwiseGate& g = problem.gate;
    g.element = element;
    g.batch = batch, g.height = height, g.width = width, g.active = active, g.passive = passive;
    const bool mixed = kind != Kind::scaled && kind != Kind::interleaved;
    if (kind == Kind::adjusted) x = adjust(element, x, sample, area, channels, batch, height, width, device);
    g.source = {x + (mixed ? 0 : passive * area) * bytes_each, sample, area};
    g.passed = {passive > 0 ? x + (mixed ? active * area : 0) * bytes_each : nullptr, sample, area};
    g.active_out = {output + (kind == Kind::interleaved ? area : 0) * bytes_each, sample,
                    (kind == Kind::interleaved ? 2 : 1) * area};
    g.passive_out = {passive > 0 ? output : nullptr, sample, 2 * area};
    g.weights = random_floats((active + 256) * 52, 2, 0.4f);
    g.basis = random_floats(active * 8, 3, 2), g.scale = random_floats(active * 8, 4, 2);
    g.row_floats = 52 + 16, g.rows = random_floats(active * g.row_floats, 7, 0.4f);
    g.gain_floats = (active + 3) / 4 * 4, g.gain_rows = random_floats(active * row_floats_of(g), 8, 0.4f);
    if (element == Element::float16)
      g.toeplitz =
          reinterpret_cast<ToeplitzKernel*>(random_halves(active * sizeof(ToeplitzKernel) / 2, 9, 0.4f));
    if (mixed) {
      g.active_out = g.passive_out = {};
      problem.output = {output, sample, area}, problem.channels = channels;
      problem.mix =
          random_floats(static_cast<std::size_t>(packed_mix_floats(channels, active, passive)), 5, 0.5f);
      problem.mix_bias = random_floats(channels + 16, 6, 1);
      if (kind == Kind::mixed)
        mixing = choose_mixing(problem, device);
      else if ((groups = choose_warpgroup(problem, device)))
        weights = {random_floats(active * 60, 10, 0.4f), random_floats(active * 8, 11, 2),
                   warpgroup_mix_of(element, channels, active, passive)};
    } else {
      once = choose_once(g, device);
      if (!once || once->rounds > 1) once.reset(), resident = choose_resident(g, device);
    }
    if (!mixing && !groups && !resident && !once) {
      std::printf("no one-launch kernel for %d, %d, %d x %d\n", batch, channels, height, width);
      return;
    }
    meeting.words = allocate<unsigned long long>(once ? once->words(g) : arrangement().words(g));
    meeting.epochs = allocate<unsigned>(static_cast<std::size_t>(arrangement().grid));
    must(cudaDeviceSynchronize(), "setting up");
    launch(nullptr);
    finish(nullptr, "first launch");
    must(cudaMemcpy(first, output, bytes, cudaMemcpyDeviceToDevice), "copy");
    runs = true;
  }

  /// Plans the convolutions from `x`; where they write.
  char* adjust(Element element, char* x, int64_t sample, int64_t area, int channels, int batch, int height,
               int width, const Device& device) {
    auto* adjusted = allocate<char>(bytes);
    const int half = channels / 2;
    Mixing by;
    DepthwiseGate& g = by.gate;
    g.element = element;
    g.batch = batch, g.height = height, g.width = width, g.active = 0, g.passive = channels, g.basis_width = 0;
    g.source = g.passed = {x, sample, area};
    by.channels = half, by.relu = true;
    for (int i = 0; i < 2; ++i) {
      by.output = {adjusted + i * half * area * bytes_of(element), sample, area};
      adjusting[i] = by;
    }
    adjusting_plan = choose_warpgroup(by, device);
    adjusting_weights = {nullptr, nullptr, warpgroup_mix_of(element, half, 0, channels)};
    return adjusted;
  }

  void launch(cudaStream_t stream) const {
    for (int i = 0; adjusting_plan && i < 2; ++i) {
      const Overlap overlap =
          i == 0 ? Overlap{Begin::early, Next::at_once} : Overlap{Begin::beside, Next::at_end};
      must(launch_warpgroup(*adjusting_plan, adjusting[i], adjusting_weights, {}, stream, overlap), "launch");
    }
    const auto early = Begin::early;
    must(mixing   ? launch_mixing(*mixing, problem, meeting, stream, early)
         : groups ? launch_warpgroup(*groups, problem, weights, meeting, stream, {early, Next::at_once})
         : once   ? launch_once(*once, problem.gate, meeting, stream, early)
                  : launch_resident(*resident, problem.gate, meeting, stream, early),
         "launch");
  }
  const Arrangement& arrangement() const {
    if (mixing) return *mixing;
    if (groups) return *groups;
    if (once) return *once;
    return *resident;
  }
  /// Twice, so that one begins while the other ends.
  void launch_and_compare(cudaStream_t stream) const {
    launch(stream), launch(stream);
    compare<<<64, 256, 0, stream>>>(reinterpret_cast<const uint4*>(output),
                                    reinterpret_cast<const uint4*>(first), bytes / 16, different);
  }
  unsigned long long differences() const {
    unsigned long long found = 0;
    must(cudaMemcpy(&found, different, 8, cudaMemcpyDeviceToHost), "copy");
    return found;
  }
  std::string text() const {
    char line[120];
    std::snprintf(line, sizeof line, "%s, %d blocks, %d rounds",
                  mixing                          ? "mixing"
                  : adjusting_plan                ? "pointwise, warp-groups"
                  : groups                        ? "warp-groups"
                  : once                          ? "once"
                  : resident->instance->on_tensor ? "tensor cores"
                  : resident->instance->tended    ? "resident, tended"
                                                  : "resident",
                  arrangement().grid, arrangement().rounds);
    return line;
  }

  Kind kind;
  Mixing problem, adjusting[2];
  std::optional<WarpgroupPlan> adjusting_plan;
  WarpgroupWeights adjusting_weights;
  std::optional<MixingPlan> mixing;
  std::optional<WarpgroupPlan> groups;
  WarpgroupWeights weights;
  std::optional<OncePlan> once;
  std::optional<ResidentPlan> resident;
  Rendezvous meeting{};
  std::size_t bytes = 0;
  char *output = nullptr, *first = nullptr;
  bool runs = false;
  unsigned long long* different = nullptr;
};

int failures = 0;

void report(const char* what, const Trial& trial, long pairs, double seconds) {
  const auto found = trial.differences();
  failures += found != 0;
  std::printf("%-22s %8ld launches %6.1f s  %llu differences  %s\n", what, 2 * pairs, seconds, found,
              trial.text().c_str());
  std::fflush(stdout);
}

template <typename Work>
double seconds_of(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Holds all but `left` multiprocessors until `*released`.
__global__ void hold(volatile int* released) {
  extern __shared__ int room[];
  if (threadIdx.x == 0) room[0] = 1;
  while (*released == 0) __nanosleep(1000);
}

/// Blocks that cannot all run at one time, since a kernel that ends only afterwards has nearly all the
/// device.
void crowd(Trial& trial, int multiprocessors, cudaStream_t one, cudaStream_t two) {
  if (!trial.once) return;
  int* released = nullptr;
  must(cudaHostAlloc(&released, sizeof *released, cudaHostAllocMapped), "host memory");
  const int room = 226 * 1024;  // nothing fits beside it
  must(cudaFuncSetAttribute(hold, cudaFuncAttributeMaxDynamicSharedMemorySize, room), "attribute");
  long pairs = 0;
  const double seconds = seconds_of([&] {
    for (const int left : {1, 2, 5}) {
      *released = 0;
      hold<<<static_cast<unsigned>(multiprocessors - left), 1024, room, two>>>(released);
      usleep(20000);
      for (int i = 0; i < 5; ++i, ++pairs) trial.launch_and_compare(one);
      finish(one, "a crowded device");
      *released = 1;
      finish(two, "the crowd");
    }
  });
  report("crowded", trial, pairs, seconds);
  cudaFreeHost(released);
}

void stress(const Device& device, long launches, long replays, bool crowded) {
  std::vector<std::unique_ptr<Trial>> trials;
  const auto add = [&](Kind kind, Element element, int batch, int channels, int height, int width) {
    auto trial = std::make_unique<Trial>(kind, element, batch, channels, height, width, device);
    if (trial->runs) trials.push_back(std::move(trial));
  };
  const auto full = Element::float32, half = Element::float16;
  add(Kind::scaled, full, 1, 64, 64, 64), add(Kind::interleaved, full, 1, 64, 64, 64);
  add(Kind::mixed, full, 1, 64, 64, 64), add(Kind::mixed_by_groups, full, 1, 64, 64, 64);
  add(Kind::scaled, full, 2, 12, 20, 28), add(Kind::mixed_by_groups, full, 2, 12, 20, 28);
  add(Kind::scaled, full, 40, 32, 64, 64), add(Kind::interleaved, full, 40, 64, 64, 64);
  add(Kind::mixed, full, 20, 32, 128, 128), add(Kind::mixed_by_groups, full, 20, 32, 128, 128);
  add(Kind::scaled, half, 1, 64, 64, 64), add(Kind::scaled, half, 40, 32, 64, 64);
  add(Kind::interleaved, half, 40, 64, 64, 64), add(Kind::mixed, half, 2, 12, 20, 28);
  add(Kind::mixed_by_groups, half, 1, 64, 64, 64), add(Kind::mixed_by_groups, half, 20, 32, 128, 128);
  add(Kind::scaled, full, 1, 48, 7, 7), add(Kind::interleaved, full, 1, 48, 7, 7);
  add(Kind::interleaved, full, 2, 24, 50, 75), add(Kind::mixed_by_groups, full, 2, 24, 50, 75);
  add(Kind::adjusted, full, 1, 48, 64, 64), add(Kind::adjusted, half, 1, 64, 64, 64);
  cudaStream_t one = nullptr, two = nullptr;
  must(cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking), "stream");
  must(cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking), "stream");

  for (const auto& trial : trials) {
    const long count = std::max(1L, trial->bytes > 1600000 ? launches / 100 : launches / 8);
    const double seconds = seconds_of([&] {
      for (long i = 0; i < count; ++i) {
        trial->launch_and_compare(one);
        if (i % 2000 == 1999) finish(one, trial->text());
      }
      finish(one, trial->text());
    });
    report("one stream", *trial, count, seconds);
  }
  for (std::size_t i = 0; i + 1 < trials.size(); i += 2) {  // different kernels side by side
    const long count = std::max(1L, launches / 50);
    const double seconds = seconds_of([&] {
      for (long n = 0; n < count; ++n) {
        trials[i]->launch_and_compare(one), trials[i + 1]->launch_and_compare(two);
        if (n % 1000 == 999) finish(one, "two streams"), finish(two, "two streams");
      }
      finish(one, "two streams"), finish(two, "two streams");
    });
    report("two streams", *trials[i], count, seconds), report("two streams", *trials[i + 1], count, seconds);
  }
  for (const auto& trial : trials)
    if (crowded) crowd(*trial, device.multiprocessors, one, two);
  for (std::size_t i = 0; i < std::min<std::size_t>(4, trials.size()); ++i) {
    cudaGraph_t graph;
    cudaGraphExec_t replayed;
    must(cudaStreamBeginCapture(one, cudaStreamCaptureModeThreadLocal), "capture");
    trials[i]->launch_and_compare(one);
    must(cudaStreamEndCapture(one, &graph), "capture");
    must(cudaGraphInstantiate(&replayed, graph, 0), "graph");
    const double seconds = seconds_of([&] {
      for (long n = 0; n < replays; ++n) {
        must(cudaGraphLaunch(replayed, one), "replay");
        if (n % 2000 == 1999) finish(one, "graph");
      }
      finish(one, "graph");
    });
    report("graph replays", *trials[i], replays, seconds);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const long launches = count > 1 ? std::atol(arguments[1]) : 1000000,
             replays = count > 2 ? std::atol(arguments[2]) : 100000;
  const bool crowded = count <= 3 || std::string(arguments[3]) != "uncrowded";
  int devices = 0;
  must(cudaGetDeviceCount(&devices), "devices");
  for (int index = 0; index < devices; ++index) {
    must(cudaSetDevice(index), "device");
    Device device;
    must(cudaDeviceGetAttribute(&device.multiprocessors, cudaDevAttrMultiProcessorCount, index), "attribute");
    must(cudaDeviceGetAttribute(&device.major, cudaDevAttrComputeCapabilityMajor, index), "attribute");
    std::printf("device %d\n", index);
    stress(device, launches, replays, crowded);
  }
  std::printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}
