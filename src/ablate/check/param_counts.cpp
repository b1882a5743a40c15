#include "ablate/check/param_counts.hpp"

#include "ablate/base/text.hpp"
#include "ablate/blocks/written.hpp"
#include "ablate/check/option_json.hpp"
#include "ablate/measure/measure.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <tuple>

namespace ablate {
namespace {

using nlohmann::ordered_json;

/// What two counts must share to be compared.
std::tuple<std::string, Options, Form> identity(const ParamCount& count) {
  return {count.block, count.options, count.form};
}

ParamCount count_block(const Cell& cell) {
  const auto block = make_block(cell.block, cell.written.get(), cell.options, cell.form);
  ParamCount count{cell.block, cell.options, cell.form, 0, 0, {}};
  if (const auto declared = block->declared()) {
    if (!declared->params || !declared->buffers)
      throw UserError(cell.variant, "compiled code that does not tell its parameters",
                      "a package whose metadata tells them, as scripts/export_block.py makes");
    count.params = *declared->params;
    count.buffers = *declared->buffers;
    return count;
  }
  for (const auto& parameter : block->module().named_parameters())
    count.tensors.emplace(parameter.key(), parameter.value().numel());
  count.params = count_parameters(block->module());
  count.buffers = count_buffers(block->module());
  return count;
}

std::string changed_tensors(const ParamCount& expected, const ParamCount& found) {
  std::vector<std::string> changes;
  for (const auto& [name, elements] : expected.tensors)
    if (const auto at = found.tensors.find(name); at == found.tensors.end())
      changes.push_back(fmt::format("{} {} -> none", name, elements));
    else if (at->second != elements)
      changes.push_back(fmt::format("{} {} -> {}", name, elements, at->second));
  for (const auto& [name, elements] : found.tensors)
    if (!expected.tensors.contains(name)) changes.push_back(fmt::format("{} none -> {}", name, elements));
  if (expected.buffers != found.buffers)
    changes.push_back(fmt::format("buffers {} -> {}", expected.buffers, found.buffers));
  return join(changes);
}

ParamCount read_count(const ordered_json& entry, const std::string& where) {
  try {
    ParamCount count{entry.at("block"), {}, Form::train, entry.at("params"), entry.at("buffers"), {}};
    for (const auto& [name, value] : entry.at("options").items())
      count.options.emplace(name, option_value(value, where + "/options/" + name));
    const auto form = form_named(entry.at("form").get<std::string>());
    if (!form) throw UserError(where + "/form", entry.at("form").dump(), "train, deploy, folded, fused");
    count.form = *form;
    entry.at("tensors").get_to(count.tensors);
    return count;
  } catch (const ordered_json::exception& error) {
    throw UserError(where, error.what(), "block, options, form, params, buffers and tensors of one count");
  }
}

}  // namespace

std::vector<ParamCount> param_counts(const Plan& plan) {
  std::map<std::tuple<std::string, Options, Form>, ParamCount> counts;
  for (const auto& cell : plan.cells) {
    const std::tuple place{cell.block, cell.options, cell.form};
    if (!counts.contains(place)) counts.emplace(place, count_block(cell));
  }
  std::vector<ParamCount> sorted;
  for (auto& [place, count] : counts) sorted.push_back(std::move(count));
  return sorted;
}

std::string to_json(const std::vector<ParamCount>& counts) {
  std::string text = "[\n";
  for (const auto& count : counts) {
    ordered_json entry{{"block", count.block}, {"options", ordered_json::object()}};
    for (const auto& [name, value] : count.options)
      std::visit([&, &option = name](const auto& held) { entry["options"][option] = held; }, value);
    entry["form"] = name(count.form);
    entry["params"] = count.params;
    entry["buffers"] = count.buffers;
    entry["tensors"] = count.tensors;
    text += fmt::format("{}{}", entry.dump(), &count == &counts.back() ? "\n" : ",\n");
  }
  return text + "]\n";
}

std::vector<ParamCount> read_param_counts(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw UserError(file.string(), "cannot be read", "a file that `ablate params --update` wrote");
  const auto document = ordered_json::parse(stream, nullptr, false);
  if (!document.is_array())
    throw UserError(file.string(), "not a JSON list", "a file that `ablate params --update` wrote");
  std::vector<ParamCount> counts;
  for (std::size_t i = 0; i < document.size(); ++i)
    counts.push_back(read_count(document[i], fmt::format("{}: /{}", file.string(), i)));
  return counts;
}

std::vector<Drift> drift(const std::vector<ParamCount>& expected, const std::vector<ParamCount>& found) {
  std::vector<Drift> drifts;
  for (const auto& was : expected) {
    const auto now = std::ranges::find(found, identity(was), identity);
    if (now == found.end()) {
      drifts.push_back({was.block, text_of(was.options), was.form, was.params, std::nullopt,
                        "the study no longer has it"});
      continue;
    }
    if (auto tensors = changed_tensors(was, *now); !tensors.empty() || was.params != now->params)
      drifts.push_back(
          {was.block, text_of(was.options), was.form, was.params, now->params, std::move(tensors)});
  }
  for (const auto& now : found)
    if (std::ranges::find(expected, identity(now), identity) == expected.end())
      drifts.push_back(
          {now.block, text_of(now.options), now.form, std::nullopt, now.params, "the file does not have it"});
  return drifts;
}

}  // namespace ablate
