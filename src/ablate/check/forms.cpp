#include "ablate/check/check.hpp"

#include "ablate/measure/device.hpp"

#include <torch/nn/modules/batchnorm.h>

#include <algorithm>
#include <iterator>

namespace ablate {
namespace {

/// What the grid gives to the options that a block has; the others keep their defaults.
struct GridPoint {
  int64_t in, out, kernel_size, stride, groups;
  bool use_activation;
};

constexpr GridPoint grid[] = {
    {8, 8, 7, 1, 8, true},   {8, 8, 1, 1, 1, true},  {8, 12, 5, 1, 4, true}, {12, 8, 3, 2, 2, false},
    {16, 16, 9, 1, 1, true}, {6, 10, 1, 1, 1, true}, {6, 6, 3, 1, 3, false},
};

Options options_at(const BlockSpec& block, const GridPoint& point) {
  const Options all{{"in_channels", point.in},
                    {"out_channels", point.out},
                    {"channels", point.in},
                    {"kernel_size", point.kernel_size},
                    {"padding", point.kernel_size / 2},
                    {"stride", point.stride},
                    {"groups", point.groups},
                    {"use_activation", point.use_activation}};
  Options options;
  std::ranges::copy_if(all, std::inserter(options, options.end()),
                       [&](const auto& option) { return block.find(option.first); });
  return options;
}

/// That of the first output, or of the last that is not within.
Difference worst_difference(const Outputs& actual, const Outputs& expected, double tolerance) {
  Difference worst;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto difference = compare("output", actual[i], expected[i], tolerance);
    if (i == 0 || !difference.within) worst = difference;
  }
  return worst;
}

/// Every value of an option that removes parts.
std::vector<OptionValue> values_of(const OptionSpec& option) {
  if (option.type == OptionType::boolean) return {true, false};
  return {option.choices.begin(), option.choices.end()};
}

/// `options` with every combination of the parts that the block can do without. One that leaves no branch is
/// left to `has_branches`.
std::vector<Options> without_parts(const BlockSpec& block, const Options& options) {
  std::vector<Options> all{options};
  for (const auto& option : block.options) {
    if (!option.removes) continue;
    std::vector<Options> more;
    for (const auto& combination : all)
      for (const auto& value : values_of(option)) {
        more.push_back(combination);
        if (value != option.fallback) more.back()[option.name] = value;
      }
    all = std::move(more);
  }
  return all;
}

/// Whether the options leave any branch of a RepConv whose stride and channels allow all of them.
bool has_branches(const Options& options) {
  return !options.contains("kxk") || !options.contains("pointwise") || !options.contains("identity");
}

struct Case {
  Options options;
  int64_t channels;  ///< of the input
};

/// Where a block is checked: over the grid with every part, at its first point without any of them too.
std::vector<Case> cases_of(const BlockSpec& block) {
  std::vector<Case> cases;
  const auto add = [&](const Options& options, int64_t channels) {
    if (std::ranges::find(cases, options, &Case::options) == cases.end())
      cases.push_back({options, channels});
  };
  for (const auto& point : grid) add(options_at(block, point), point.in);
  for (const auto& options : without_parts(block, options_at(block, grid[0])))
    if (has_branches(options)) add(options, grid[0].in);
  return cases;
}

/// Both copies start from the same weights, so the order in which forms are asked for does not matter.
FormCheck check_form(const BlockType& type, const Options& options, Form form, Dtype dtype,
                     torch::Device device, int64_t channels) {
  torch::InferenceMode inference;
  torch::manual_seed(0);
  const auto block = make_block(type.spec.name, options);
  randomise_batch_norms(block->module());
  block->module().to(device, scalar_type(dtype));
  block->module().eval();
  const auto input = torch::randn({2, channels, 11, 9}, torch::kDouble).to(device, scalar_type(dtype));
  const auto expected = block->run(input);
  block->switch_to(form);
  const auto tolerance = dtype == Dtype::float64 ? 1e-12 : 1e-5;
  return {type.spec.name, text_of(options), form, dtype,
          worst_difference(block->run(input), expected, tolerance)};
}

}  // namespace

void randomise_batch_norms(torch::nn::Module& module, double decades) {
  torch::NoGradGuard no_grad;
  for (const auto& child : module.modules())
    if (auto* norm = child->as<torch::nn::BatchNorm2d>()) {
      norm->running_mean.normal_(0, 0.5);
      norm->running_var.uniform_(-decades, decades).copy_(torch::pow(10, norm->running_var));
      norm->weight.normal_(1, 0.5);
      norm->bias.normal_(0, 0.5);
    }
}

namespace {

/// How many times the train form's error a form may have: fused weights are rounded once more. Seen in folded
/// inverted residuals, whose three gains of up to a hundred are followed by a clip: 0.7 to 2.9 times.
constexpr double kRoundingOfForms = 4;

/// The train form that the check starts from: weights and statistics from the seed, as `input` is.
std::shared_ptr<Block> train_form(const std::function<std::shared_ptr<Block>()>& make, std::uint64_t seed,
                                  const torch::Tensor& input) {
  torch::manual_seed(seed);
  auto block = make();
  // Half precision has no room for gains of a hundred.
  randomise_batch_norms(block->module(), input.element_size() < 4 ? 0.5 : 4);
  block->module().to(input.device(), input.scalar_type());
  block->module().eval();
  return block;
}

/// What the train form gives in double; nothing where its code knows no double, as a file's may.
std::optional<Outputs> in_double(const std::function<std::shared_ptr<Block>()>& make, std::uint64_t seed,
                                 const torch::Tensor& input) {
  try {
    const auto block = train_form(make, seed, input);
    block->module().to(torch::kDouble);
    return block->run(input.to(torch::kDouble));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Difference form_difference(const std::function<std::shared_ptr<Block>()>& make, Form form, std::uint64_t seed,
                           const torch::Tensor& input, double tolerance) {
  torch::InferenceMode inference;
  const auto block = train_form(make, seed, input);
  const auto trained = block->run(input);
  block->switch_to(form);
  const auto formed = block->run(input);
  const auto difference = worst_difference(formed, trained, tolerance);
  if (difference.within || !difference.note.empty() || input.scalar_type() == torch::kDouble)
    return difference;

  const auto exact = in_double(make, seed, input);
  if (!exact) return difference;
  const auto rounding = worst_difference(trained, *exact, tolerance);
  const auto against_exact = worst_difference(formed, *exact, kRoundingOfForms * rounding.relative);
  return against_exact.within ? against_exact : difference;
}

double form_tolerance(Dtype dtype, bool tf32) {
  switch (dtype) {
    case Dtype::float64:
      return 1e-12;
    case Dtype::float32:
      return tf32 ? 5e-3 : 1e-5;
    case Dtype::float16:
      return 5e-3;
    case Dtype::bfloat16:
      break;
  }
  return 4e-2;
}

std::vector<FormCheck> check_forms(torch::Device device) {
  const MathMode exact(false);
  std::vector<FormCheck> checks;
  for (const auto& type : block_types()) {
    for (const auto& [options, channels] : cases_of(type.spec))
      for (const auto form : type.spec.forms)
        for (const auto dtype : {Dtype::float32, Dtype::float64})
          if (form != Form::train || type.spec.forms.size() == 1)
            checks.push_back(check_form(type, options, form, dtype, device, channels));
  }
  return checks;
}

}  // namespace ablate
