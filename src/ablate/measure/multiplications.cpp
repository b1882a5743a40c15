#include "ablate/measure/multiplications.hpp"

#include <ATen/ExpandUtils.h>
#include <ATen/record_function.h>
#include <torch/types.h>

#include <string_view>
#include <unordered_map>

namespace ablate {
namespace {

using Inputs = c10::ArrayRef<const c10::IValue>;
using Rule = std::int64_t (*)(Inputs);

/// The entry of a list that may hold one number for all dimensions.
std::int64_t entry(const std::vector<std::int64_t>& list, std::size_t dimension) {
  return list.size() == 1 ? list.front() : list[dimension];
}

/// aten::convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
/// each element of the output (of the input, if transposed) meets one filter.
std::int64_t convolution(Inputs inputs) {
  const auto& input = inputs[0].toTensor();
  const auto& weight = inputs[1].toTensor();
  const auto filter = weight.numel() / weight.size(0);
  if (inputs[6].toBool()) return input.numel() * filter;
  const auto stride = inputs[3].toIntVector(), padding = inputs[4].toIntVector(),
             dilation = inputs[5].toIntVector();
  auto elements = input.size(0) * weight.size(0);
  for (std::int64_t dimension = 2; dimension < input.dim(); ++dimension) {
    const auto at = static_cast<std::size_t>(dimension - 2);
    const auto reach = entry(dilation, at) * (weight.size(dimension) - 1) + 1;
    elements *= (input.size(dimension) + 2 * entry(padding, at) - reach) / entry(stride, at) + 1;
  }
  return elements * filter;
}

/// [..., m, k] by [..., k, n]; the left one has m·k elements.
std::int64_t product(const torch::Tensor& left, const torch::Tensor& right) {
  return left.numel() * (right.dim() < 2 ? 1 : right.size(-1));
}
std::int64_t matrix_product(Inputs inputs) { return product(inputs[0].toTensor(), inputs[1].toTensor()); }
std::int64_t added_product(Inputs inputs) { return product(inputs[1].toTensor(), inputs[2].toTensor()); }

/// In evaluation mode a gain and an offset for each element.
std::int64_t one_an_element(Inputs inputs) { return inputs[0].toTensor().numel(); }

std::int64_t broadcast_product(Inputs inputs) {
  const auto& left = inputs[0].toTensor();
  if (!inputs[1].isTensor()) return left.numel();
  return c10::multiply_integers(at::infer_size(left.sizes(), inputs[1].toTensor().sizes()));
}

Rule rule_of(std::string_view operation) {
  static const std::unordered_map<std::string_view, Rule> rules{
      {"aten::convolution", convolution},   {"aten::mm", matrix_product},
      {"aten::bmm", matrix_product},        {"aten::mv", matrix_product},
      {"aten::dot", matrix_product},        {"aten::addmm", added_product},
      {"aten::baddbmm", added_product},     {"aten::batch_norm", one_an_element},
      {"aten::layer_norm", one_an_element}, {"aten::group_norm", one_an_element},
      {"aten::mul", broadcast_product},     {"aten::mul_", broadcast_product},
  };
  const auto found = rules.find(operation);
  return found == rules.end() ? nullptr : found->second;
}

/// What is under way on this thread; callbacks are plain functions and can carry no state of their own.
struct Tally {
  std::int64_t multiplications = 0;
  int inside = 0;  ///< counted operations that have not ended: what they call is part of them
};
thread_local Tally tally;

struct Counted : at::ObserverContext {
  Counted() { ++tally.inside; }
  ~Counted() override { --tally.inside; }
};

std::unique_ptr<at::ObserverContext> on_enter(const at::RecordFunction& operation) {
  const auto rule = tally.inside == 0 ? rule_of(operation.name()) : nullptr;
  if (!rule) return nullptr;
  tally.multiplications += rule(operation.inputs());
  return std::make_unique<Counted>();
}

/// Ends with the scope, also when the call throws.
class OperationObserver {
 public:
  OperationObserver()
      : handle_(at::addThreadLocalCallback(
            at::RecordFunctionCallback(on_enter).needsInputs(true).scopes({at::RecordScope::FUNCTION}))) {
    tally = {};
  }
  ~OperationObserver() { at::removeCallback(handle_); }
  OperationObserver(const OperationObserver&) = delete;
  OperationObserver& operator=(const OperationObserver&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

std::int64_t multiplications(const std::function<void()>& call) {
  OperationObserver observer;
  call();
  return tally.multiplications;
}

}  // namespace ablate
