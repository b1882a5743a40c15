#include "ablate/check/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ablate {
namespace {

std::string shape_of(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

}  // namespace

Difference compare(const std::string& name, const torch::Tensor& actual, const torch::Tensor& expected,
                   double tolerance) {
  torch::NoGradGuard no_grad;
  Difference difference{name, 0, 0, true, "", tolerance};
  const auto refuse = [&](std::string note) {
    difference.within = false;
    difference.note = std::move(note);
    return difference;
  };
  if (actual.sizes() != expected.sizes())
    return refuse(fmt::format("shape {}, expected {}", shape_of(actual), shape_of(expected)));
  if (actual.numel() == 0) return difference;

  const auto a = actual.to(expected.device(), torch::kDouble), e = expected.to(torch::kDouble);
  const auto same = a.eq(e).logical_or(a.isnan().logical_and(e.isnan()));
  const auto finite = a.isfinite().logical_and(e.isfinite());
  if (!finite.logical_or(same).all().item<bool>()) return refuse("NaN or infinity in one of the two");

  const auto distance = (a - e).abs().masked_fill(finite.logical_not(), 0);
  const auto scale = e.abs().masked_fill(finite.logical_not(), 0).max().item<double>();
  difference.absolute = distance.max().item<double>();
  // Against nothing but zeros, what is left is the absolute error.
  difference.relative = scale > 0 ? difference.absolute / scale : difference.absolute;
  difference.within =
      expected.is_floating_point() ? difference.relative <= tolerance : difference.absolute == 0;
  return difference;
}

}  // namespace ablate
