#include "ablate/blocks/fuse.hpp"

namespace ablate {

ConvKernel fold_batch_norm(const torch::Tensor& weight, const torch::nn::BatchNorm2dImpl& norm) {
  const auto gain =
      norm.weight.to(torch::kDouble) / (norm.running_var.to(torch::kDouble) + norm.options.eps()).sqrt();
  return {weight.to(torch::kDouble) * gain.reshape({-1, 1, 1, 1}),
          norm.bias.to(torch::kDouble) - norm.running_mean.to(torch::kDouble) * gain};
}

torch::Tensor identity_kernel(int64_t channels, int64_t groups, int64_t kernel_size) {
  const auto per_group = channels / groups;
  auto kernel = torch::zeros({channels, per_group, kernel_size, kernel_size}, torch::kDouble);
  const auto output = torch::arange(channels);
  const auto centre = torch::full({channels}, kernel_size / 2, torch::kLong);
  return kernel.index_put_({output, output % per_group, centre, centre}, 1.0);
}

torch::Tensor centre_in(const torch::Tensor& pointwise, int64_t kernel_size) {
  const auto margin = kernel_size / 2;
  return torch::constant_pad_nd(pointwise, {margin, margin, margin, margin});
}

ConvKernel operator+(const ConvKernel& a, const ConvKernel& b) {
  return {a.weight + b.weight, a.bias + b.bias};
}

torch::nn::Conv2d folded(const torch::nn::Conv2d& conv, const torch::nn::BatchNorm2d& norm) {
  const auto& o = conv->options;
  auto both = torch::nn::Conv2d(torch::nn::Conv2dOptions(o.in_channels(), o.out_channels(), o.kernel_size())
                                    .stride(o.stride())
                                    .padding(o.padding())
                                    .groups(o.groups()));
  load_kernel(*both, fold_batch_norm(conv->weight, *norm), conv->weight);
  both->train(conv->is_training());
  return both;
}

void load_kernel(torch::nn::Conv2dImpl& conv, const ConvKernel& kernel, const torch::Tensor& like) {
  torch::NoGradGuard no_grad;
  conv.to(like.device(), like.scalar_type());
  conv.weight.copy_(kernel.weight);
  conv.bias.copy_(kernel.bias);
}

}  // namespace ablate
