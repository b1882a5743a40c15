#include "ablate/weights/state_dict.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/weights/printable.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <vector>

namespace ablate {
namespace {

void collect(const torch::nn::Module& module, const std::string& prefix, NamedTensors& found) {
  for (const auto& item : module.named_parameters(/*recurse=*/false))
    found.insert(prefix + item.key(), item.value().detach());
  for (const auto& item : module.named_buffers(/*recurse=*/false))
    found.insert(prefix + item.key(), item.value().detach());
  for (const auto& child : module.named_children())
    collect(*child.value(), prefix + child.key() + ".", found);
}

std::vector<std::string> missing(const NamedTensors& expected, const NamedTensors& given) {
  std::vector<std::string> names;
  for (const auto& item : expected)
    if (!given.contains(item.key())) names.push_back(item.key());
  return names;
}

std::vector<std::string> unexpected(const NamedTensors& expected, const NamedTensors& given) {
  std::vector<std::string> names;
  for (const auto& item : given)
    if (!expected.contains(item.key())) names.push_back(item.key());
  return names;
}

/// Floating point takes every number. A counter takes whole numbers in any dtype: unlike Python's,
/// LibTorch's `Module::to(dtype)` turns `num_batches_tracked` into floating point too.
bool holds(const torch::Tensor& expected, const torch::Tensor& given) {
  if (expected.dtype() == given.dtype()) return true;
  if (given.is_complex()) return expected.is_complex();
  return expected.is_floating_point() || torch::equal(given.to(expected.dtype()).to(given.dtype()), given);
}

std::string shape_of(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", "));
}

std::vector<std::string> mismatches(const NamedTensors& expected, const NamedTensors& given) {
  std::vector<std::string> texts;
  for (const auto& item : expected) {
    const auto* tensor = given.find(item.key());
    if (!tensor) continue;
    if (tensor->sizes() != item.value().sizes())
      texts.push_back(
          fmt::format("{} has shape {}, not {}", item.key(), shape_of(*tensor), shape_of(item.value())));
    else if (!holds(item.value(), *tensor))
      texts.push_back(fmt::format("{} holds {} values that {} cannot", item.key(),
                                  torch::toString(tensor->scalar_type()),
                                  torch::toString(item.value().scalar_type())));
  }
  return texts;
}

/// Of names that are listed: with a wrong file, all of them are at fault.
constexpr std::size_t most_listed = 8;

std::string listed(const std::vector<std::string>& items) {
  if (items.size() <= most_listed) return join(items);
  return fmt::format("{} and {} more", join(std::span(items).first(most_listed)), items.size() - most_listed);
}

/// What an unexpected name may have meant: one that is missing, for the others are there already.
std::string with_suggestion(const std::string& name, const std::vector<std::string>& missing) {
  constexpr std::size_t longest = 200;  // of a name that is worth comparing; a hostile one may be megabytes
  const auto meant = name.size() <= longest ? nearest(name, missing) : std::string_view{};
  return meant.empty() ? printable(name) : fmt::format("{} (did you mean {}?)", printable(name), meant);
}

std::string all_that_does_not_fit(const NamedTensors& expected, const NamedTensors& given) {
  std::vector<std::string> faults;
  const auto absent = missing(expected, given);
  if (!absent.empty()) faults.push_back("missing " + listed(absent));
  if (auto foreign = unexpected(expected, given); !foreign.empty()) {
    for (std::size_t i = 0; i < std::min(foreign.size(), most_listed); ++i)
      foreign[i] = with_suggestion(foreign[i], absent);
    faults.push_back("unexpected " + listed(foreign));
  }
  if (const auto wrong = mismatches(expected, given); !wrong.empty()) faults.push_back(listed(wrong));
  return join(faults, "; ");
}

}  // namespace

NamedTensors state_dict(const torch::nn::Module& module) {
  NamedTensors found;
  collect(module, "", found);
  return found;
}

void load_state_dict(torch::nn::Module& module, const NamedTensors& tensors, std::string_view where) {
  const auto expected = state_dict(module);
  if (const auto faults = all_that_does_not_fit(expected, tensors); !faults.empty())
    throw UserError(where, faults,
                    fmt::format("the module's own {} tensors, each in its shape", expected.size()));
  torch::NoGradGuard no_grad;
  for (const auto& item : expected) item.value().copy_(tensors[item.key()]);
}

}  // namespace ablate
