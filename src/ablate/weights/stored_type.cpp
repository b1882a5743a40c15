#include "ablate/weights/stored_type.hpp"

#include <algorithm>
#include <array>

namespace ablate {
namespace {

/// In the order of StoredType.
constexpr std::array<torch::Dtype, 10> types{
    torch::kBool,     torch::kUInt8, torch::kInt8,    torch::kInt16,   torch::kFloat16,
    torch::kBFloat16, torch::kInt32, torch::kFloat32, torch::kFloat64, torch::kInt64};

}  // namespace

torch::Dtype scalar_type(StoredType type) { return types[static_cast<std::size_t>(type)]; }

std::optional<StoredType> stored_type(torch::Dtype type) {
  const auto found = std::ranges::find(types, type);
  if (found == types.end()) return {};
  return static_cast<StoredType>(found - types.begin());
}

}  // namespace ablate
