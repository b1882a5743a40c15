#include "ablate/kernels/cpu/plan.hpp"
#include "catch.hpp"
#include "kernels/cpu_blocks.hpp"

using namespace ablate::kernels;
using namespace ablate::kernels::testing;

namespace {

struct Image {
  int64_t batch, height, width;
};

/// The worst difference of any block on any capability.
void check_all(const Sizes& sizes, const Image& image) {
  for (const auto& [block, parts] : blocks(sizes)) {
    const auto input = at::randn({image.batch, sizes.in, image.height, image.width});
    const auto expected = step_by_step(parts, input);
    for (const auto capability : capabilities()) {
      INFO(block << " " << sizes.in << " to " << sizes.out << " channels, kernel " << sizes.kernel
                 << ", image " << image.batch << " x " << image.height << " x " << image.width << ", "
                 << name(capability));
      CHECK(difference(CpuBlock(parts, capability)(input), expected) < 1e-5);
      for (const auto across : {false, true})
        CHECK(difference(run_form(parts, capability, across, input), expected) < 1e-5);
    }
  }
}

}  // namespace

TEST_CASE("the fused form gives what its steps give, at any size", "[kernels][cpu]") {
  at::manual_seed(1);
  const auto kernel = GENERATE(1, 3, 5, 7, 9);
  const Image images[] = {{1, 16, 16},  {2, 7, 7},  {3, 1, 1},   {1, 2, 3}, {2, 33, 65},
                          {1, 1, 40},   {1, 40, 1}, {2, 5, 17},  {1, 9, 8}, {1, 20, 129},
                          {1, 150, 50}, {0, 8, 8},  {1, 33, 64}, {2, 3, 32}};
  for (const auto& image : images) check_all({.in = 6, .out = 6, .kernel = kernel}, image);
}

TEST_CASE("the fused form gives what its steps give, at widths just above whole vectors", "[kernels][cpu]") {
  at::manual_seed(15);
  for (const auto kernel : {3, 5, 7, 9})
    for (const auto width : {5, 6, 9, 10, 17, 18, 33, 34, 49, 50, 129, 130, 258})
      for (const auto height : {1, 7, 40, 71})
        check_all({.in = 4, .out = 4, .kernel = kernel}, {1, height, width});
}

TEST_CASE("the fused form gives what its steps give, with any channels", "[kernels][cpu]") {
  at::manual_seed(2);
  for (const auto& [in, out] :
       {std::pair{2, 2}, {24, 24}, {96, 96}, {2, 6}, {10, 4}, {64, 128}, {50, 34}, {26, 14}})
    check_all({.in = in, .out = out}, {2, 10, 19});
}

TEST_CASE("the fused form gives what its steps give, with any recalibration", "[kernels][cpu]") {
  at::manual_seed(3);
  for (const auto num_basis : {0, 1, 3, 8, 33})
    check_all({.in = 12, .out = 12, .num_basis = num_basis}, {2, 12, 13});
}

TEST_CASE("halves need not be equal, nor mixed", "[kernels][cpu]") {
  at::manual_seed(4);
  auto parts = fast_stm_block({.in = 9, .out = 9});
  REQUIRE(parts.passive == 5);
  const auto input = at::randn({2, 9, 11, 11});
  CHECK(difference(CpuBlock(parts)(input), step_by_step(parts, input)) < 1e-5);
  parts.mix.reset();
  CHECK(difference(CpuBlock(parts)(input), step_by_step(parts, input)) < 1e-5);
  parts.shift = at::randn({4, 8});
  parts.mix = random_pointwise(9, 9);
  CHECK(difference(CpuBlock(parts)(input), step_by_step(parts, input)) < 1e-5);
}

TEST_CASE("what is larger than the caches is written past them, or not where rows begin anywhere",
          "[kernels][cpu]") {
  at::manual_seed(5);
  const auto last = caches().last;
  for (const auto width : {int64_t{128}, int64_t{125}})
    for (const auto batch : {1, 20}) {
      const auto height = last / 4 / (batch * 8 * 4 * width) + 3;
      for (const auto& [block, parts] : blocks({.in = 8, .out = 8, .kernel = 3})) {
        const auto input = at::randn({batch, 8, height, width});
        const CpuBlock fused(parts);
        const auto why = fused.scheme({batch, height, width}).why;
        INFO(block << ": " << why);
        CHECK((why.find("past the caches") != std::string::npos) == (width == 128));
        CHECK(difference(fused(input), step_by_step(parts, input)) < 1e-5);
      }
    }
}

TEST_CASE("bands are as high as tiles like them", "[kernels][cpu]") {
  const auto bands = [](Capability capability, const ImageShape& shape) {
    return Plan(PackedBlock(dw_block({}), kernels_of(capability)), shape, 1).tiling.band_pairs;
  };
  // Eight pairs are a tile of the portable kernels, as of AVX2's; eleven would be two, each too low.
  CHECK(bands(Capability::portable, {1, 64, 128}) % 8 == 0);
  CHECK(bands(Capability::portable, {1, 1, 128}) == 1);
  CHECK(bands(Capability::portable, {1, 22, 16}) == 11);
}

TEST_CASE("a strided or channels-last input gives what a contiguous one gives", "[kernels][cpu]") {
  at::manual_seed(6);
  const CpuBlock fused(dw_block({}));
  const auto input = at::randn({2, 8, 6, 10});
  const auto expected = fused(input);
  CHECK(fused(input.contiguous(at::MemoryFormat::ChannelsLast)).equal(expected));
  CHECK(fused(input.transpose(2, 3).contiguous().transpose(2, 3)).equal(expected));
  CHECK(fused(input).is_contiguous());
}

TEST_CASE("a block with no kernel is refused in a sentence", "[kernels][cpu]") {
  CHECK(CpuBlock::refuses(dw_block({.kernel = 11})) == "kernel size 11: 1, 3, 5, 7 and 9 have one");
  auto doubles = dw_block({});
  doubles.depthwise_weight = doubles.depthwise_weight.to(at::kDouble);
  CHECK(CpuBlock::refuses(doubles) == "Double on the CPU: float32 has one");
  for (const auto k : {1, 3, 5, 7, 9}) CHECK(!CpuBlock::refuses(dw_block({.kernel = k})));
}

TEST_CASE("an input of other channels or type is refused", "[kernels][cpu]") {
  const CpuBlock fused(dw_block({}));
  CHECK_THROWS_AS(fused(at::zeros({1, 7, 4, 4})), c10::Error);
  CHECK_THROWS_AS(fused(at::zeros({8, 4, 4})), c10::Error);
  CHECK_THROWS_AS(fused(at::zeros({1, 8, 4, 4}, at::kDouble)), c10::Error);
}

TEST_CASE("the scheme says what runs and why", "[kernels][cpu]") {
  const CpuBlock fused(fast_stm_block({}), Capability::portable);
  const auto scheme = fused.scheme({1, 64, 64});
  CHECK(scheme.name == "portable fast-FIR");
  CHECK(scheme.why.find("bands of") != std::string::npos);
  CHECK(scheme.why.find("strips of") != std::string::npos);
  CHECK(CpuBlock(dw_block({.kernel = 1}), Capability::portable).scheme({}).name == "portable direct");
}
