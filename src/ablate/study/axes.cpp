#include "ablate/study/axes.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace ablate {
namespace {

std::vector<std::string> strings(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

/// One number for both sides, or a pair of them.
template <typename Sides>
Sides read_sides(const Node& node, const std::string& pair) {
  const auto refuse = [&] { node.refuse(integer_between(1, max_extent) + ", or a pair " + pair); };
  if (!node.is_array()) {
    if (!node.is_integer()) refuse();
    const auto both = node.integer(1, max_extent);
    return {both, both};
  }
  const auto sides = node.items();
  if (sides.size() != 2) refuse();
  return {sides[0].integer(1, max_extent), sides[1].integer(1, max_extent)};
}

std::string read_device(const Node& node) {
  constexpr auto allowed = "cpu, cuda, or cuda:N for the GPU of that number";
  if (!node.is_string()) node.refuse(allowed);
  auto name = node.text();
  if (!is_device(name)) node.refuse(allowed);
  return name;
}

}  // namespace

const std::vector<std::string>& built_in_axes() {
  static const std::vector<std::string> axes{"channels", "resolution", "batch", "form",
                                             "device",   "dtype",      "cache"};
  return axes;
}

bool is_device(const std::string& name) {
  if (name == "cpu" || name == "cuda") return true;
  const std::string prefix = "cuda:";
  if (!name.starts_with(prefix)) return false;
  const auto number = name.substr(prefix.size());
  const auto digits = std::ranges::all_of(number, [](char letter) { return '0' <= letter && letter <= '9'; });
  return digits && (number.size() == 1 || (number.size() == 2 && number[0] != '0'));
}

OptionValue read_option_value(const Node& node, const OptionSpec& option) {
  const auto read = [&]() -> OptionValue {
    if (option.type == OptionType::boolean) return node.boolean();
    if (option.type == OptionType::choice) return node.one_of(option.choices);
    if (!node.is_number() || (option.type == OptionType::integer && !node.is_integer()))
      node.refuse(option.allowed());
    if (option.type == OptionType::real) return node.number();
    return node.integer(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  };
  auto value = read();
  if (!option.allows(value)) node.refuse(option.allowed());
  return value;
}

AxisValue read_built_in_value(const Node& node, const std::string& axis) {
  if (axis == "channels") return read_sides<Channels>(node, "[in, out]");
  if (axis == "resolution") return read_sides<Resolution>(node, "[height, width]");
  if (axis == "batch") return OptionValue(node.integer(1, max_extent));
  if (axis == "form") return *form_named(node.one_of(strings(form_names)));
  if (axis == "cache") return node.one_of(strings(cache_names));
  if (axis == "dtype") return *dtype_named(node.one_of(strings(dtype_names)));
  return read_device(node);
}

AxisValue read_axis_value(const Node& node, const std::string& axis,
                          const std::vector<const OptionSpec*>& options) {
  if (options.empty()) return read_built_in_value(node, axis);
  for (const auto* option : options) read_option_value(node, *option);
  return read_option_value(node, *options.front());
}

Axis read_axis(const Node& node, const std::string& axis, const std::vector<const OptionSpec*>& options) {
  if (!node.is_array()) return {axis, {read_axis_value(node, axis, options)}};
  Axis read{axis, {}};
  std::set<std::string> labels;
  for (const auto& item : node.some_items()) {
    auto value = read_axis_value(item, axis, options);
    const auto [text, is_new] = labels.insert(label(axis, value));
    if (!is_new) item.refuse(*text + " a second time", "each value once");
    read.values.push_back(std::move(value));
  }
  return read;
}

}  // namespace ablate
