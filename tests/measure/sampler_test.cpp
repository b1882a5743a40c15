#include "ablate/measure/sampler.hpp"

#include "ablate/blocks/registry.hpp"
#include "ablate/measure/delay.hpp"
#include "ablate/measure/fma_chains.hpp"
#include "ablate/measure/memory.hpp"
#include "ablate/measure/peaks.hpp"
#include "blocks/support.hpp"
#include "catch.hpp"

#include <sys/mman.h>
#include <torch/cuda.h>
#include <unistd.h>

#include <algorithm>

using namespace ablate;

namespace {

std::shared_ptr<Block> small_block() {
  auto block = make_block("RepConv", {{"in_channels", std::int64_t{8}}, {"out_channels", std::int64_t{8}}},
                          Form::deploy);
  block->module().eval();
  return block;
}

double median_of(Sampler& sampler, int times) {
  std::vector<double> seconds;
  for (int i = 0; i < times; ++i) seconds.push_back(sampler.sample(Clock::host));
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

/// A block that counts its calls.
class Counted : public Block {
 public:
  explicit Counted(std::shared_ptr<Block> block) : block_(std::move(block)) {}

  torch::nn::Module& module() override { return block_->module(); }
  Outputs run(const torch::Tensor& input) override {
    ++calls;
    return block_->run(input);
  }

  std::int64_t calls = 0;

 private:
  std::shared_ptr<Block> block_;
};

}  // namespace

TEST_CASE("samples of a short call hold several calls, and say how many", "[measure]") {
  const auto block = small_block();
  const auto sampler = make_sampler(*block, torch::ones({1, 8, 4, 4}), false);
  CHECK(sampler->sample(Clock::host) > 0);
  CHECK(sampler->calls(Clock::host) >= 1);
  CHECK(sampler->why_not(Clock::host).empty());
  CHECK_FALSE(sampler->why_not(Clock::graph).empty());
  CHECK_FALSE(sampler->why_not(Clock::launch).empty());
}

TEST_CASE("a cold sample is one call", "[measure]") {
  const auto block = small_block();
  const auto sampler = make_sampler(*block, torch::ones({1, 8, 4, 4}), true);
  CHECK(sampler->sample(Clock::host) > 0);
  CHECK(sampler->calls(Clock::host) == 1);
}

TEST_CASE("a delayed block takes longer by its delay", "[measure]") {
  const auto block = small_block();
  const auto input = torch::ones({1, 8, 4, 4});
  const auto slow = delayed(small_block(), {5e-3, 0});
  CHECK(median_of(*make_sampler(*slow, input, false), 5) >= 5e-3);
  CHECK(torch::equal(slow->run(input)[0], slow->run(input)[0]));
}

TEST_CASE("a sample of launching comes with the device's, and runs nothing of its own", "[measure]") {
  if (!torch::cuda::is_available()) return;
  const auto input = torch::ones({1, 8, 4, 4}, torch::kCUDA);
  for (const bool cold : {false, true}) {
    Counted block(small_block());
    block.module().to(torch::kCUDA);
    const auto sampler = make_sampler(block, input, cold);
    if (!sampler->why_not(Clock::device).empty()) return;
    const auto before = block.calls;
    CHECK(sampler->sample(Clock::launch) > 0);  // takes the device's sample itself
    const auto calls = block.calls - before;
    CHECK(calls == sampler->calls(Clock::launch) + (cold ? 0 : 1));
    CHECK(sampler->calls(Clock::launch) == sampler->calls(Clock::device));
    CHECK(sampler->sample(Clock::device) > 0);
    CHECK(block.calls == before + 2 * calls);
    CHECK(sampler->sample(Clock::launch) > 0);
    CHECK(block.calls == before + 2 * calls);
    CHECK(sampler->why_not(Clock::launch).empty());
  }
}

TEST_CASE("what keeps the device busy is no part of launching", "[measure]") {
  if (!torch::cuda::is_available()) return;
  constexpr double delay_s = 5e-3;
  const auto input = torch::ones({1, 8, 4, 4}, torch::kCUDA);
  const auto block = delayed(small_block(), {0, cycles_for(delay_s, input.device())});
  block->module().to(torch::kCUDA);
  const auto sampler = make_sampler(*block, input, false);
  if (!sampler->why_not(Clock::device).empty()) return;
  double least = 1;
  for (int i = 0; i < 5; ++i) least = std::min(least, sampler->sample(Clock::launch));
  CHECK(least < delay_s);  // calls that waited for the one before would each take that long
}

TEST_CASE("the memory of a call is what it holds at one time, weights apart", "[measure]") {
  const auto device = torch::Device(torch::kCPU);
  const auto peak = peak_memory(device, [] {
    { const auto first = torch::empty({1000}); }
    const auto second = torch::empty({3000});
    const auto third = torch::empty({500});
  });
  CHECK(peak >= 3500 * 4);
  CHECK(peak < 4500 * 4);  // the first one was gone by then
  const auto block = small_block();
  const auto memory = memory_of(*block, torch::ones({1, 8, 16, 16}));
  CHECK(memory.weights == (8 * 8 * 9 + 8) * 4);
  CHECK(memory.input == 8 * 16 * 16 * 4);
  CHECK(memory.activations >= memory.input);
}

TEST_CASE("what is attained is measured against the slower roof", "[measure]") {
  const Counts counts{0, 0, 500, 4000};
  const auto memory_bound = attained(counts, 2.0, {1000, 1000});
  CHECK(memory_bound.flop_per_s == 500);
  CHECK(memory_bound.byte_per_s == 2000);
  CHECK(memory_bound.roofline == 2);
  CHECK(memory_bound.memory_bound);
  CHECK_FALSE(attained(counts, 2.0, {1e6, 100}).memory_bound);
}

TEST_CASE("chains of multiply-adds do the work that they report", "[measure]") {
  const auto once = fma_chains(1000), twice = fma_chains(2000);
  CHECK(twice.flops == 2 * once.flops);
  CHECK(once.flops >= 2 * 1000 * 12 * 4);
  CHECK(once.sum != twice.sum);
}

TEST_CASE("of a clock its smallest step is told, and what reading it takes", "[measure]") {
  // Steps of 40 ns, seen by every second reading.
  const auto facts = measure_clock([] {
    static int readings = 0;
    return Steady::time_point(std::chrono::nanoseconds(40 * (++readings / 2)));
  });
  CHECK(facts.resolution_s == Approx(40e-9));
  CHECK(facts.overhead_s == Approx(20e-9));
  const auto own = measure_clock();
  CHECK(own.resolution_s > 0);
  CHECK(own.overhead_s > 0);
}

TEST_CASE("page faults are counted", "[measure]") {
  // Pages fresh from the system, small ones: an allocator may hand out memory that was touched before, and a
  // huge page is one fault.
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  constexpr std::size_t pages = 100;
  void* const fresh = mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(fresh != MAP_FAILED);
  madvise(fresh, pages * page, MADV_NOHUGEPAGE);
  const auto before = page_faults();
  for (std::size_t at = 0; at < pages; ++at) static_cast<volatile char*>(fresh)[at * page] = 1;
  CHECK(page_faults() >= before + static_cast<std::int64_t>(pages));
  munmap(fresh, pages * page);
}
