#include "ablate/record/plugin_blocks.hpp"

#include "ablate/base/error.hpp"
#include "ablate/record/field.hpp"
#include "ablate/record/files.hpp"
#include "ablate/record/store.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ablate {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> type_names{"boolean", "integer", "real", "choice"};
constexpr std::array<std::string_view, 3> parity_names{"any", "odd", "even"};

template <typename Value>
std::string_view name_in(const auto& names, Value value) {
  return names.at(static_cast<std::size_t>(value));
}

template <typename Value>
Value value_in(const auto& names, const Field& field) {
  const auto found = std::ranges::find(names, field.text());
  field.require(found != names.end(), "a name that this version of ablate writes");
  return static_cast<Value>(found - names.begin());
}

std::filesystem::path blocks_file(const std::filesystem::path& directory) {
  return directory / "blocks.json";
}

ordered_json json_of(const OptionSpec& option) {
  ordered_json json{{"name", option.name}, {"type", name_in(type_names, option.type)}, {"help", option.help}};
  if (option.fallback) std::visit([&](const auto& value) { json["default"] = value; }, *option.fallback);
  if (std::isfinite(option.range.minimum)) json["minimum"] = option.range.minimum;
  if (std::isfinite(option.range.maximum)) json["maximum"] = option.range.maximum;
  json["maximum_excluded"] = option.range.maximum_excluded;
  json["parity"] = name_in(parity_names, option.range.parity);
  json["choices"] = option.choices;
  json["removes"] = option.removes;
  return json;
}

ordered_json json_of(const BlockSpec& block) {
  ordered_json json{{"name", block.name}, {"help", block.help}};
  auto& forms = json["forms"] = ordered_json::array();
  for (const auto form : block.forms) forms.push_back(name(form));
  auto& options = json["options"] = ordered_json::array();
  for (const auto& option : block.options) options.push_back(json_of(option));
  return json;
}

OptionSpec option_from(const Field& field) {
  OptionSpec option;
  option.name = field["name"].text();
  option.type = value_in<OptionType>(type_names, field["type"]);
  option.help = field["help"].text();
  if (field.has("default")) option.fallback = field["default"].option();
  if (field.has("minimum")) option.range.minimum = field["minimum"].number();
  if (field.has("maximum")) option.range.maximum = field["maximum"].number();
  option.range.maximum_excluded = field["maximum_excluded"].boolean();
  option.range.parity = value_in<Parity>(parity_names, field["parity"]);
  for (const auto& choice : field["choices"].items()) option.choices.push_back(choice.text());
  option.removes = field["removes"].boolean();
  return option;
}

BlockSpec block_from(const Field& field) {
  BlockSpec block{field["name"].text(), field["help"].text(), {}, {}};
  for (const auto& form : field["forms"].items()) block.forms.push_back(value_in<Form>(form_names, form));
  for (const auto& option : field["options"].items()) block.options.push_back(option_from(option));
  return block;
}

}  // namespace

void write_plugin_blocks(const std::filesystem::path& directory, const std::vector<BlockSpec>& blocks) {
  if (blocks.empty()) return;
  ordered_json json;
  for (const auto& block : blocks) json["blocks"].push_back(json_of(block));
  write_atomically(blocks_file(directory), json.dump(2) + "\n");
}

std::vector<BlockSpec> blocks_of_run(const std::filesystem::path& directory,
                                     const std::vector<BlockSpec>& own) {
  const auto file = blocks_file(directory);
  if (!std::filesystem::exists(file)) return own;
  const auto json = ordered_json::parse(read_file(file), nullptr, false);
  if (json.is_discarded())
    throw UserError(file.string(), "not JSON", "the blocks of plugins, as a run writes them");
  std::vector<BlockSpec> blocks;
  for (const auto& block : Field(json, file.string() + ": ")["blocks"].items())
    blocks.push_back(block_from(block));
  for (const auto& block : own)
    if (std::ranges::find(blocks, block.name, &BlockSpec::name) == blocks.end()) blocks.push_back(block);
  return blocks;
}

}  // namespace ablate
