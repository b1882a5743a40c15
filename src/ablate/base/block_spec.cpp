#include "ablate/base/block_spec.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

/// Of an integer or a real.
double as_number(const OptionValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

/// `value` as `type` holds it: 0 may stand for 0.0, nothing else changes its type.
std::optional<OptionValue> in_type(OptionType type, const OptionValue& value) {
  if (type == OptionType::real && std::holds_alternative<std::int64_t>(value)) return as_number(value);
  if (static_cast<std::size_t>(type) != value.index()) return std::nullopt;
  return value;
}

std::vector<std::string> option_names(const BlockSpec& block) {
  std::vector<std::string> names;
  for (const auto& option : block.options) names.push_back(option.name);
  return names;
}

}  // namespace

bool OptionSpec::allows(const OptionValue& value) const {
  const auto typed = in_type(type, value);
  if (!typed) return false;
  if (type == OptionType::boolean) return true;
  if (type == OptionType::choice)
    return std::ranges::find(choices, std::get<std::string>(*typed)) != choices.end();
  const auto number = as_number(*typed);
  if (!(number >= range.minimum) ||
      !(range.maximum_excluded ? number < range.maximum : number <= range.maximum))
    return false;
  if (range.parity == Parity::any) return true;
  return (std::get<std::int64_t>(*typed) % 2 != 0) == (range.parity == Parity::odd);
}

std::string OptionSpec::allowed() const {
  if (type == OptionType::boolean) return "true or false";
  if (type == OptionType::choice) return join(choices);
  std::string text = type == OptionType::real ? "a number" : "an integer";
  if (range.parity == Parity::odd) text = "an odd integer";
  if (range.parity == Parity::even) text = "an even integer";
  if (std::isfinite(range.minimum)) text += fmt::format(", at least {}", range.minimum);
  if (std::isfinite(range.maximum))
    text += fmt::format(", {} {}", range.maximum_excluded ? "below" : "at most", range.maximum);
  return text;
}

const OptionSpec* BlockSpec::find(std::string_view option) const {
  const auto found = std::ranges::find(options, option, &OptionSpec::name);
  return found == options.end() ? nullptr : &*found;
}

bool follows_channels(std::string_view option) {
  return option == "in_channels" || option == "out_channels" || option == "channels";
}

std::string text_of(const OptionValue& value) {
  return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

std::string text_of(const Options& options) {
  std::string text;
  for (const auto& [name, value] : options)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, text_of(value));
  return text;
}

Options complete(const BlockSpec& block, const Options& given, std::string_view where) {
  for (const auto& [name, value] : given)
    if (!block.find(name))
      throw UserError(fmt::format("{}{}", where, name), fmt::format("{} has no such option", block.name),
                      choices(name, option_names(block)));
  Options options;
  for (const auto& spec : block.options) {
    const auto place = fmt::format("{}{}", where, spec.name);
    const auto found = given.find(spec.name);
    if (found == given.end() && !spec.fallback) throw UserError(place, "missing", spec.allowed());
    const auto& value = found == given.end() ? *spec.fallback : found->second;
    if (!spec.allows(value)) throw UserError(place, text_of(value), spec.allowed());
    auto typed = *in_type(spec.type, value);
    if (spec.removes && typed == spec.fallback) continue;
    options.emplace(spec.name, std::move(typed));
  }
  return options;
}

}  // namespace ablate
