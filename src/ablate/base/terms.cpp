#include "ablate/base/terms.hpp"

#include <algorithm>

namespace ablate {
namespace {

template <typename Term, std::size_t n>
std::optional<Term> find(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Term>(found - names.begin());
}

}  // namespace

std::optional<Form> form_named(std::string_view name) { return find<Form>(form_names, name); }
std::optional<Dtype> dtype_named(std::string_view name) { return find<Dtype>(dtype_names, name); }
std::optional<Clock> clock_named(std::string_view name) { return find<Clock>(clock_names, name); }

}  // namespace ablate
