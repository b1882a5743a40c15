#include "ablate/kernels/fused.hpp"

#include "ablate/kernels/fused_call.hpp"
#include "ablate/kernels/reference.hpp"
#include "kernels/support.hpp"

using namespace ablate;
using namespace ablate::testing;
using kernels::FusedBlock;

namespace {

kernels::BlockParts parts_of(const std::string& name, const Options& options, const Place& place) {
  return fusable(name, options, Form::fused, place)->parts();
}

/// Of a kernel against the reference in float64, on the same weights and input.
Difference error_of(const kernels::BlockParts& parts, const torch::Tensor& input, double tolerance) {
  const auto exact = kernels::reference(in_dtype(parts, torch::kDouble), input.to(torch::kDouble));
  return compare("output", FusedBlock(parts)(input), exact, tolerance);
}

void check_at(const std::string& name, const Options& options, torch::IntArrayRef sizes) {
  const Exactly exactly;
  for (const auto& place : places()) {
    const auto parts = parts_of(name, options, place);
    CAPTURE(name, text_of(options), sizes, place.text());
    REQUIRE_FALSE(FusedBlock::refuses(parts));
    const auto difference = error_of(parts, image(sizes, place), tolerance_at(place));
    CAPTURE(difference.note, difference.relative);
    CHECK(difference.within);
  }
}

}  // namespace

TEST_CASE("the reference computes what a deployed block computes", "[kernels]") {
  const Exactly exactly;
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto out = GENERATE(8, 12);
  const auto deployed = fusable(name, shape_options(8, out, 5), Form::deploy);
  const auto parts = fusable(name, shape_options(8, out, 5), Form::fused)->parts();
  const auto input = image({2, 8, 9, 6});
  const auto expected = deployed->run(input).front();
  CHECK(compare("output", kernels::reference(parts, input), expected, 1e-6).within);
}

TEST_CASE("kernels give what the reference gives, for every kernel size", "[kernels]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const std::int64_t kernel_size = GENERATE(1, 3, 5, 7, 9);
  check_at(name, shape_options(16, 16, kernel_size), {2, 16, 19, 23});
}

TEST_CASE("kernels take any number of channels, in and out", "[kernels]") {
  using Pair = std::pair<std::int64_t, std::int64_t>;
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto [in, out] = GENERATE(Pair{2, 2}, Pair{6, 6}, Pair{8, 12}, Pair{12, 8}, Pair{40, 40},
                                  Pair{34, 66}, Pair{66, 34}, Pair{128, 192});
  check_at(name, shape_options(in, out), {2, in, 12, 10});
}

TEST_CASE("kernels take odd numbers of channels where the block does", "[kernels]") {
  using Pair = std::pair<std::int64_t, std::int64_t>;
  const std::string name = GENERATE("DWBlock", "FastSTMBlock");
  const auto [in, out] =
      GENERATE(Pair{3, 3}, Pair{7, 7}, Pair{1, 5}, Pair{5, 3}, Pair{33, 65}, Pair{129, 129});
  check_at(name, shape_options(in, out, 5), {1, in, 9, 11});
}

TEST_CASE("kernels take images of any size, smaller than the kernel too", "[kernels]") {
  using Size = std::pair<std::int64_t, std::int64_t>;
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const std::int64_t kernel_size = GENERATE(3, 7, 9);
  const auto [height, width] =
      GENERATE(Size{1, 1}, Size{1, 6}, Size{5, 1}, Size{2, 3}, Size{7, 7}, Size{8, 16}, Size{17, 15},
               Size{33, 65}, Size{64, 64}, Size{100, 75}, Size{3, 260});
  check_at(name, shape_options(6, 6, kernel_size), {2, 6, height, width});
}

TEST_CASE("kernels take any batch and any number of basis vectors", "[kernels]") {
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const std::int64_t batch = GENERATE(1, 3, 17);
  const std::int64_t basis = GENERATE(1, 5, 8, 33);
  auto options = shape_options(10, 10);
  options["num_basis"] = basis;
  check_at(name, options, {batch, 10, 14, 14});
}

TEST_CASE("kernels hold on shapes that people use", "[kernels]") {
  struct Shape {
    std::int64_t batch, channels, height, width;
  };
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto shape = GENERATE(Shape{3, 96, 56, 56}, Shape{8, 40, 28, 28}, Shape{2, 24, 100, 75},
                              Shape{1, 48, 7, 7}, Shape{5, 128, 33, 65}, Shape{1, 64, 64, 64});
  check_at(name, shape_options(shape.channels, shape.channels),
           {shape.batch, shape.channels, shape.height, shape.width});
}

// Products of float32 that are made of smaller numbers must not lose what is far from one.
TEST_CASE("numbers of any size cost no digits, beside larger ones too", "[kernels]") {
  const Exactly exactly;
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const double size = GENERATE(1e-30, 1e-8, 1e-4, 1e-3, 1.0, 1e3, 1e5, 1e8);
  const double beside = GENERATE(1.0, 1e-5, 1e5);
  for (const auto& place : places()) {
    if (place.dtype != torch::kFloat) continue;
    auto parts = parts_of(name, shape_options(24, 24), place);
    for (auto* bias : {&parts.depthwise_bias, parts.mix ? &parts.mix->bias : nullptr})
      if (bias && bias->defined()) *bias = torch::zeros_like(*bias);
    auto input = image({2, 24, 20, 48}, place) * size;
    input.narrow(3, 24, 24) *= beside;
    const auto output = FusedBlock(parts)(input);
    const auto exact = kernels::reference(in_dtype(parts, torch::kDouble), input.to(torch::kDouble));
    for (const std::int64_t first : {0, 32}) {  // what no pixel of the other half reaches
      const auto difference = compare("output", output.narrow(3, first, 16).contiguous(),
                                      exact.narrow(3, first, 16).contiguous(), tolerance_at(place));
      CAPTURE(name, size, beside, first, place.text(), difference.note, difference.relative);
      CHECK(difference.within);
    }
  }
}

TEST_CASE("a block that has no kernel says why", "[kernels]") {
  const auto why_not = [](std::int64_t kernel_size, torch::Dtype dtype) {
    return FusedBlock::refuses(parts_of("DWBlock", shape_options(8, 8, kernel_size), {torch::kCPU, dtype}))
        .value_or("");
  };
  CHECK(why_not(7, torch::kFloat).empty());
  CHECK(why_not(11, torch::kFloat).find("kernel size 11") == 0);
  CHECK(why_not(7, torch::kDouble).find("float64 on the CPU") == 0);
  CHECK(why_not(7, torch::kHalf).find("float16 on the CPU") == 0);
  auto mixed = parts_of("DWBlock", shape_options(8, 8), {torch::kCPU, torch::kFloat});
  mixed.basis = mixed.basis.to(torch::kDouble);
  CHECK(FusedBlock::refuses(mixed));
}

TEST_CASE("a comparison with the reference sees a wrong weight", "[kernels]") {
  const Exactly exactly;
  const auto parts = parts_of("FastSTMBlock", shape_options(8, 8), {torch::kCPU, torch::kFloat});
  const auto input = image({1, 8, 12, 12});
  auto other = in_dtype(parts, torch::kDouble);
  other.depthwise_weight.view(-1)[0] += 0.01;
  const auto exact = kernels::reference(other, input.to(torch::kDouble));
  CHECK_FALSE(compare("output", FusedBlock(parts)(input), exact, 1e-5).within);
}

TEST_CASE("the same input gives the same bits each time", "[kernels]") {
  const Exactly exactly;
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  for (const auto& place : places()) {
    const FusedBlock block(parts_of(name, shape_options(24, 24), place));
    const auto input = image({4, 24, 40, 36}, place);
    const auto first = block(input);
    for (int i = 0; i < 20; ++i) CHECK(torch::equal(block(input), first));
  }
}

// On a GPU one begins before the other has ended: what it reads and writes must not.
TEST_CASE("calls behind one another give what they give one by one", "[kernels]") {
  const Exactly exactly;
  const std::string name = GENERATE("DWBlock", "STMBlock", "FastSTMBlock");
  const auto sizes =
      GENERATE(std::vector<std::int64_t>{1, 24, 64, 64}, std::vector<std::int64_t>{3, 24, 28, 28},
               std::vector<std::int64_t>{2, 24, 50, 75}, std::vector<std::int64_t>{20, 24, 64, 64},
               std::vector<std::int64_t>{1, 24, 7, 7});
  for (const auto& place : places()) {
    const FusedBlock first(parts_of(name, shape_options(24, 24), place)),
        wider(parts_of(name, shape_options(24, 40), place)),
        narrower(parts_of(name, shape_options(40, 24), place));
    const auto input = image(sizes, place);
    const auto chain = [&](bool one_by_one) {
      auto x = input;
      for (int i = 0; i < 4; ++i) {
        for (const auto* block : {&first, &wider, &narrower, &first}) {
          x = (*block)(x);
          if (one_by_one && place.device.is_cuda()) torch::cuda::synchronize();
        }
        x /= x.abs().amax();
      }
      return x;
    };
    const auto expected = chain(true);
    CAPTURE(name, sizes, place.text());
    CHECK(expected.isfinite().all().item<bool>());
    for (int i = 0; i < (place.device.is_cuda() ? 20 : 1); ++i) CHECK(torch::equal(chain(false), expected));
  }
}

TEST_CASE("weights are packed once, until they change", "[kernels]") {
  const auto block = fusable("DWBlock", shape_options(8, 8), Form::fused);
  auto weight = torch::ones({8, 7, 7}), bias = torch::ones({8});
  int packed = 0;
  kernels::FusedCall call;
  const auto made = [&] {
    return call.made({&weight, &bias}, [&] {
      ++packed;
      return block->parts();
    });
  };
  const auto first = made();
  CHECK(made() == first);
  CHECK(packed == 1);

  weight.add_(1);
  const auto second = made();
  CHECK(second != first);
  CHECK(packed == 2);
  bias = torch::zeros({8});
  made();
  CHECK(packed == 3);
  weight.set_data(torch::ones({8, 7, 7}));
  made();
  CHECK(packed == 4);
  call.forget();
  made();
  made();
  CHECK(packed == 5);
  const auto copy = std::make_unique<kernels::FusedCall>(call);
  copy->made({&weight, &bias}, [&] {
    ++packed;
    return block->parts();
  });
  CHECK(packed == 6);
}

TEST_CASE("memory that is freed and given out again is no unchanged weight", "[kernels]") {
  const auto block = fusable("DWBlock", shape_options(8, 8), Form::fused);
  auto weight = torch::ones({8, 7, 7});
  int packed = 0;
  kernels::FusedCall call;
  for (int i = 0; i < 50; ++i) {
    // The allocator likes to give the same address again.
    weight.set_data(torch::Tensor(torch::zeros({1})));
    weight.set_data(torch::full({8, 7, 7}, i));
    call.made({&weight}, [&] {
      ++packed;
      return block->parts();
    });
  }
  CHECK(packed == 50);
}
