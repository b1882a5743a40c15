#include "ablate/blocks/zoo/conv_chain.hpp"

namespace ablate {

torch::nn::Conv2dOptions same_conv(int64_t in, int64_t out, int64_t kernel_size, int64_t stride,
                                   int64_t groups) {
  return torch::nn::Conv2dOptions(in, out, kernel_size)
      .stride(stride)
      .padding(kernel_size / 2)
      .groups(groups)
      .bias(false);
}

ConvChainImpl::ConvChainImpl(ConvChainOptions options_) : options(std::move(options_)) { reset(); }

void ConvChainImpl::reset() {
  built_.clear();
  for (const auto& step : options.steps()) built_.push_back(build(step));
}

ConvChainImpl::Built ConvChainImpl::build(const ConvStep& step) {
  Built built;
  if (!step.within.empty()) {
    auto inside = step;
    inside.within.clear();
    const auto inner_options = ConvChainOptions({std::move(inside)}).folded(options.folded());
    built.inner = register_module(step.within, std::make_shared<ConvChainImpl>(inner_options));
    return built;
  }
  const bool folds = options.folded() && !step.norm.empty();
  auto conv_options = step.options;
  built.conv = register_module(step.conv, torch::nn::Conv2d(conv_options.bias(folds || step.options.bias())));
  if (!step.norm.empty() && !folds)
    built.norm = register_module(step.norm, torch::nn::BatchNorm2d(step.options.out_channels()));
  built.activation = step.activation;
  return built;
}

torch::Tensor ConvChainImpl::Built::forward(const torch::Tensor& input) {
  if (inner) return inner->forward(input);
  auto output = conv(input);
  if (norm) output = norm(output);
  if (activation == Activation::relu) return output.relu_();
  return activation == Activation::relu6 ? torch::hardtanh_(output, 0, 6) : output;
}

torch::Tensor ConvChainImpl::forward(const torch::Tensor& input) {
  auto output = input;
  for (auto& step : built_) output = step.forward(output);
  return output;
}

torch::Tensor ConvChainImpl::sum(const torch::Tensor& input) {
  auto total = built_.front().forward(input);
  for (auto step = built_.begin() + 1; step != built_.end(); ++step) total += step->forward(input);
  return total;
}

std::vector<ConvKernel> ConvChainImpl::kernels() const {
  std::vector<ConvKernel> all;
  for (const auto& step : built_)
    all.push_back(step.inner ? step.inner->kernels().front()
                             : fold_batch_norm(step.conv->weight, *step.norm));
  return all;
}

void ConvChainImpl::fold() {
  if (options.folded()) return;
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < built_.size(); ++i) {
    auto& step = built_[i];
    const auto& names = options.steps()[i];
    if (step.inner) step.inner->fold();
    if (!step.norm) continue;
    step.conv = replace_module(names.conv, folded(step.conv, step.norm));
    unregister_module(names.norm);
    step.norm = nullptr;
  }
  options.folded(true);
}

const torch::Tensor& ConvChainImpl::weight() const {
  const auto& first = built_.front();
  return first.inner ? first.inner->weight() : first.conv->weight;
}

}  // namespace ablate
