#include "ablate/blocks/prcm.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

void check(std::string_view block, const PRCMOptions& o) {
  const auto place = [&](std::string_view option) { return fmt::format("{}.{}", block, option); };
  require(o.channels() >= 1, place("channels"), o.channels(), "at least 1");
  require(o.num_basis() >= 1, place("num_basis"), o.num_basis(), "at least 1");
  require(o.dropout_rate() >= 0 && o.dropout_rate() < 1, place("dropout_rate"), o.dropout_rate(),
          "at least 0, below 1");
}

/// [N, C] as [N, C, 1, 1], to be spread over the image.
torch::Tensor per_channel(const torch::Tensor& values) { return values.unsqueeze(-1).unsqueeze(-1); }

}  // namespace

template <typename Derived>
Recalibration<Derived>::Recalibration(PRCMOptions options_) : options(std::move(options_)) {
  check(Derived::block_name, options);
}

template <typename Derived>
void Recalibration<Derived>::register_basis() {
  basis = this->register_parameter("basis", torch::randn({options.num_basis(), options.channels()}));
}

template <typename Derived>
torch::nn::Linear Recalibration<Derived>::register_projection(const std::string& name) {
  return this->register_module(
      name, torch::nn::Linear(torch::nn::LinearOptions(options.num_basis(), options.channels()).bias(false)));
}

template <typename Derived>
torch::Tensor Recalibration<Derived>::coefficients(const torch::Tensor& input) {
  check_input(Derived::block_name, input, options.channels(), basis);
  const auto projected = input.mean({2, 3}).matmul(basis.t());
  return draws() ? torch::dropout(projected, options.dropout_rate(), true) : projected;
}

void PRCMImpl::reset() {
  register_basis();
  fuser = register_projection("fuser");
}

torch::Tensor PRCMImpl::forward(const torch::Tensor& input) {
  return input * per_channel(fuser(coefficients(input)).sigmoid());
}

void AffinePRCMImpl::reset() {
  register_basis();
  scale_proj = register_projection("scale_proj");
  shift_proj = register_projection("shift_proj");
}

torch::Tensor AffinePRCMImpl::forward(const torch::Tensor& input) {
  const auto shared = coefficients(input);
  const auto scale = per_channel(scale_proj(shared).sigmoid());
  return input * scale + per_channel(shift_proj(shared));
}

void SimplePRCMImpl::reset() {
  register_basis();
  scale_proj = register_projection("scale_proj");
}

torch::Tensor SimplePRCMImpl::forward(const torch::Tensor& input) {
  return input * per_channel(scale_proj(coefficients(input)).sigmoid());
}

torch::Tensor recalibrated(const std::shared_ptr<AnyRecalibration>& recalibration,
                           const torch::Tensor& input) {
  return recalibration ? recalibration->run(input).front() : input;
}

bool draws(const std::shared_ptr<AnyRecalibration>& recalibration) {
  return recalibration && recalibration->draws();
}

void add_recalibration(const std::shared_ptr<AnyRecalibration>& recalibration, kernels::BlockParts& parts) {
  if (!recalibration) return;
  const auto weights = recalibration->weights();
  parts.basis = *weights.basis;
  parts.scale = *weights.scale;
  if (weights.shift) parts.shift = *weights.shift;
}

void add_recalibration(const std::shared_ptr<AnyRecalibration>& recalibration, kernels::Weights& weights) {
  if (!recalibration) return;
  const auto own = recalibration->weights();
  weights.append({own.basis, own.scale});
  if (own.shift) weights.push_back(own.shift);
}

std::string recalibration_trait(const std::shared_ptr<AnyRecalibration>& recalibration) {
  return recalibration ? recalibration->traits().front().second : "none";
}

template class Recalibration<PRCMImpl>;
template class Recalibration<AffinePRCMImpl>;
template class Recalibration<SimplePRCMImpl>;

}  // namespace ablate
