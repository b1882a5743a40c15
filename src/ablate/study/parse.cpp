#include "ablate/study/parse.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/block_files.hpp"
#include "ablate/study/claims.hpp"
#include "ablate/study/document.hpp"
#include "ablate/study/keys.hpp"
#include "ablate/study/overrides.hpp"
#include "ablate/study/protocols.hpp"
#include "ablate/study/sections.hpp"
#include "ablate/study/summary.hpp"
#include "ablate/study/variants.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ablate {
namespace {

using Names = std::vector<std::string>;

std::map<std::string, AxisValue> built_in_defaults() {
  return {{"channels", Channels{64, 64}},          {"resolution", Resolution{64, 64}},
          {"batch", OptionValue(std::int64_t{1})}, {"form", Form::deploy},
          {"device", std::string("cpu")},          {"dtype", Dtype::float32}};
}

void read_defaults(Study& study, const Node& root) {
  study.defaults = built_in_defaults();
  const auto defaults = root.find("defaults");
  if (!defaults) return;
  defaults->allow_only(keys_of("defaults"));
  for (const auto& [name, node] : defaults->members())
    if (name == "seed")
      study.seed = node.unsigned_integer();
    else
      study.defaults.at(name) = read_built_in_value(node, name);
}

bool read_tf32(const Node& root) {
  const auto math = root.find("math");
  if (!math) return false;
  math->allow_only(keys_of("math"));
  const auto tf32 = math->find("tf32");
  return tf32 && tf32->boolean();
}

std::vector<std::filesystem::path> read_plugins(const Node& root) {
  std::vector<std::filesystem::path> plugins;
  if (const auto node = root.find("plugins"))
    for (const auto& plugin : node->items()) plugins.emplace_back(plugin.text());
  return plugins;
}

Selection read_selection(const Node& root, const Study& study) {
  const auto node = root.find("selection");
  if (!node) return {};
  node->allow_only(keys_of("selection"));
  Names sections, variants, devices;
  for (const auto& section : study.sections) {
    sections.push_back(section.id);
    for (const auto& device : devices_of(section, study))
      if (std::ranges::find(devices, device) == devices.end()) devices.push_back(device);
  }
  for (const auto& variant : study.variants) variants.push_back(variant.name);
  const auto read = [&](const char* key, const Names& names) {
    const auto chosen = node->find(key);
    return chosen ? chosen->some_of(names) : Names{};
  };
  Selection selection{read("sections", sections), read("variants", variants), read("devices", devices)};
  if (const auto cells = node->find("cells"))
    for (const auto& id : cells->some_items()) selection.cells.push_back(id.text());
  return selection;
}

Study read_study(const Node& root, const std::vector<BlockSpec>& blocks) {
  root.allow_only(keys_of("study"));
  Study study;
  const auto id = root.need("study", "an id of small letters, digits, _ and -");
  study.id = id.text();
  if (!is_id(study.id)) id.refuse("an id of small letters, digits, _ and -");
  study.title = study.id;
  if (const auto title = root.find("title")) study.title = title->text();
  for (const auto* key : {"$schema", "description"})
    if (const auto text = root.find(key)) text->text();
  read_plugins(root);  // loaded before, see plugins_of; here they are only checked
  read_defaults(study, root);
  study.tf32 = read_tf32(root);
  const auto protocols = read_protocols(root);
  study.variants = read_variants(root, blocks);
  const auto selection = root.find("selection");
  const Known known{study, protocols, blocks, selection ? selection->find("protocol") : std::nullopt};
  study.sections = read_sections(root, known);
  study.summary = read_summary(root, known);
  study.claims = read_claims(root, known);
  study.selection = read_selection(root, study);
  return study;
}

}  // namespace

std::vector<std::filesystem::path> plugins_of(const std::filesystem::path& file, const Overrides& overrides) {
  auto document = parse_document(read_text(file), file.string());
  apply(overrides, document, file.string());
  return read_plugins(Node(document, file.string()));
}

ParsedStudy parse_study(const std::filesystem::path& file, const std::vector<BlockSpec>& blocks,
                        const Overrides& overrides) {
  return parse_study_text(read_text(file), file.string(), blocks, overrides);
}

ParsedStudy parse_study_text(const std::string& text, const std::string& file,
                             const std::vector<BlockSpec>& blocks, const Overrides& overrides) {
  auto document = parse_document(text, file);
  apply(overrides, document, file);
  pin_block_files(document, file);
  ParsedStudy parsed;
  parsed.study = read_study(Node(document, file), blocks);
  parsed.study.file = file;
  parsed.json = print_document(document);
  return parsed;
}

}  // namespace ablate
