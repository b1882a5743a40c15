#include "ablate/study/variants.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/expressions.hpp"
#include "ablate/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace ablate {
namespace {

constexpr auto see_blocks = "see: ablate list blocks";

/// Those that a variant may set.
std::vector<std::string> options_of(const BlockSpec& block) {
  std::vector<std::string> names;
  for (const auto& option : block.options)
    if (!follows_channels(option.name)) names.push_back(option.name);
  return names;
}

const OptionSpec& find_option(const Node& node, const BlockSpec& block, const std::string& name) {
  if (follows_channels(name))
    node.refuse(fmt::format("\"{}\" among the options", name), "the axis \"channels\" alone, which sets it");
  const auto* option = block.find(name);
  if (!option)
    node.refuse(fmt::format("unknown key \"{}\", {} has no such option", name, block.name),
                choices(name, options_of(block)), see_blocks);
  return *option;
}

/// An integer option may follow the cell: where the value names its channels, their name as options have it.
std::string channels_named_by(const Node& node, const OptionSpec& option) {
  if (!node.is_string() || option.type != OptionType::integer) return {};
  const auto text = node.text();
  if (text == "channels") return "out_channels";
  if (text == "in_channels" || text == "out_channels") return text;
  node.refuse(option.allowed() + "; or \"in_channels\", \"out_channels\" or \"channels\", those of the cell");
}

void read_pins(Variant& variant, const Node& at, const BlockSpec& block) {
  auto names = built_in_axes();
  std::ranges::copy(options_of(block), std::back_inserter(names));
  at.allow_only(names);
  for (const auto& [name, node] : at.members()) {
    // An option may be named as an axis is: PRCM's "channels" is set by the axis.
    std::vector<const OptionSpec*> options;
    const auto is_option = std::ranges::find(built_in_axes(), name) == built_in_axes().end();
    if (is_option) options.push_back(block.find(name));
    variant.at.push_back({name, {read_axis_value(node, name, options)}});
  }
}

/// Of a block that the study writes: its parts have the options.
const BlockSpec& written_spec() {
  const auto channels = [](const char* name) { return OptionSpec{name, OptionType::integer, {}, {}, {}}; };
  static const BlockSpec spec{
      "a block written in the study", {}, {channels("in_channels"), channels("out_channels")}, {Form::train}};
  return spec;
}

void read_block(Variant& variant, const Node& node, const std::vector<BlockSpec>& blocks) {
  const auto names = names_of(blocks);
  const auto block = node.need("block", choices("", names));
  if (block.is_string()) {
    variant.block = block.one_of(names, see_blocks);
    return;
  }
  auto written = read_expression(block, blocks);
  variant.block = text_of(written);
  variant.written = std::make_shared<const BlockExpr>(std::move(written));
}

Variant read_variant(const std::string& name, const Node& node, const std::vector<BlockSpec>& blocks) {
  node.allow_only(keys_of("variant"));
  if (!is_line(name)) node.refuse(fmt::format("the name \"{}\"", name), "a name without control characters");
  Variant variant;
  variant.name = name;
  read_block(variant, node, blocks);
  const auto& block = block_of(blocks, variant);
  if (const auto group = node.find("group")) variant.group = group->text();
  if (const auto options = node.find("options")) {
    if (variant.written) options->refuse("options of a block that is written out", "options in its parts");
    auto given = read_options(*options, block);
    variant.options = std::move(given.values);
    variant.options_from = std::move(given.from);
  }
  if (const auto at = node.find("at")) read_pins(variant, *at, block);
  return variant;
}

}  // namespace

std::vector<Variant> read_variants(const Node& study, const std::vector<BlockSpec>& blocks) {
  constexpr auto allowed = "an object with at least one variant: its name, and its block with options";
  const auto given = study.need("variants", allowed);
  std::vector<Variant> variants;
  for (const auto& [name, node] : given.members()) variants.push_back(read_variant(name, node, blocks));
  if (variants.empty()) given.refuse(allowed);
  return variants;
}

const BlockSpec& block_of(const std::vector<BlockSpec>& blocks, const Variant& variant) {
  if (variant.written) return written_spec();
  const auto found = std::ranges::find(blocks, variant.block, &BlockSpec::name);
  if (found == blocks.end()) throw std::logic_error("no block is named " + variant.block);
  return *found;
}

GivenOptions read_options(const Node& options, const BlockSpec& block) {
  GivenOptions given;
  for (const auto& [name, node] : options.members()) {
    const auto& option = find_option(node, block, name);
    if (auto source = channels_named_by(node, option); !source.empty())
      given.from.emplace(name, std::move(source));
    else
      given.values.emplace(name, read_option_value(node, option));
  }
  return given;
}

std::vector<std::string> names_of(const std::vector<BlockSpec>& blocks) {
  std::vector<std::string> names;
  for (const auto& block : blocks) names.push_back(block.name);
  return names;
}

}  // namespace ablate
