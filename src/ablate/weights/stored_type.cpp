#include "ablate/weights/stored_type.hpp"

#include <algorithm>
#include <array>

namespace ablate {
namespace {

/// In the order of StoredType.
constexpr std::array<torch::Dtype, 10> torch_types{
    torch::kBool,     torch::kUInt8, torch::kInt8,    torch::kInt16,   torch::kFloat16,
    torch::kBFloat16, torch::kInt32, torch::kFloat32, torch::kFloat64, torch::kInt64};

}  // namespace

torch::Dtype scalar_type(StoredType type) { return torch_types[static_cast<std::size_t>(type)]; }

std::optional<StoredType> stored_type(torch::Dtype type) {
  const auto found = std::ranges::find(torch_types, type);
  if (found == torch_types.end()) return {};
  return static_cast<StoredType>(found - torch_types.begin());
}

}  // namespace ablate
