#include "bench_study.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

namespace ablate::cli {
namespace {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

std::optional<std::int64_t> whole_number(std::string_view word) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

/// A number, or a pair of them with `mark` in between: "24:48", "64x48".
Json sides(const std::string& word, char mark, const char* option, const char* allowed) {
  const auto at = word.find(mark);
  const auto first = whole_number(std::string_view(word).substr(0, at));
  const auto second = at == std::string::npos ? first : whole_number(std::string_view(word).substr(at + 1));
  if (!first || !second) throw UserError(option, fmt::format("\"{}\"", word), allowed);
  return at == std::string::npos ? Json(*first) : Json::array({*first, *second});
}

Json channels_of(const std::string& word) {
  return sides(word, ':', "--channels", "a number, or IN:OUT, several after commas");
}

Json resolution_of(const std::string& word) {
  return sides(word, 'x', "--resolution", "a number, or HEIGHTxWIDTH, several after commas");
}

Json batch_of(const std::string& word) {
  return sides(word, '\0', "--batch", "a number, several after commas");
}

Json text_value(const std::string& word) { return word; }

/// An option's value: JSON where it is a number, true or false, otherwise a name.
Json written_value(const std::string& word) {
  const auto json = Json::parse(word, nullptr, false);
  return json.is_number() || json.is_boolean() ? json : Json(word);
}

/// "kernel_size=5" as its two sides.
std::pair<std::string, std::string> assignment(const std::string& word, const std::string& where) {
  const auto at = word.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == word.size())
    throw UserError(where, fmt::format("\"{}\"", word), "OPTION=VALUE, as kernel_size=5",
                    "see: ablate list blocks");
  return {word.substr(0, at), word.substr(at + 1)};
}

/// A variant of the study, and its block's description; null for a file.
struct Contender {
  std::string name;
  Json variant;
  const BlockSpec* spec = nullptr;
};

bool is_file(const std::string& word) { return word.ends_with(".pt") || word.ends_with(".pt2"); }

Contender from_file(const std::string& word) {
  const std::filesystem::path file(word);
  if (!std::filesystem::is_regular_file(file))
    throw UserError(word, "there is no such file",
                    "a TorchScript module (.pt) or an AOTInductor package (.pt2)");
  // The copy of the study beside the records must find it too.
  const auto path = std::filesystem::absolute(file).lexically_normal().string();
  const auto* kind = word.ends_with(".pt2") ? "aoti" : "torchscript";
  return {file.filename().string(), Json{{"block", Json{{kind, path}}}}, nullptr};
}

Contender from_name(const std::string& word, const std::vector<BlockSpec>& blocks) {
  const auto colon = word.find(':');
  const auto name = word.substr(0, colon);
  const auto spec = std::ranges::find(blocks, name, &BlockSpec::name);
  if (spec == blocks.end()) {
    Words names;
    for (const auto& block : blocks) names.push_back(block.name);
    throw UserError("bench", fmt::format("no block is called \"{}\"", name),
                    choices(name, names) + "; or a file that ends in .pt or .pt2", "see: ablate list blocks");
  }
  Contender contender{word, Json{{"block", name}}, &*spec};
  if (colon == std::string::npos) return contender;
  for (const auto& each : split(word.substr(colon + 1), ',')) {
    const auto [option, value] = assignment(each, word);
    contender.variant["options"][option] = written_value(value);
  }
  return contender;
}

std::vector<Contender> contenders_of(const BenchRequest& request, const std::vector<BlockSpec>& blocks) {
  std::vector<Contender> contenders;
  for (const auto& word : request.blocks) {
    auto contender = is_file(word) ? from_file(word) : from_name(word, blocks);
    if (std::ranges::find(contenders, contender.name, &Contender::name) != contenders.end())
      throw UserError("bench", fmt::format("\"{}\" a second time", contender.name),
                      "each block once; with options of its own it is another: DWBlock:kernel_size=5");
    contenders.push_back(std::move(contender));
  }
  return contenders;
}

/// One value goes to the variants whose block has the option and does not say it itself; several are an axis.
void add_option(const std::string& word, std::vector<Contender>& contenders, Json& axes) {
  const auto [option, text] = assignment(word, "--option");
  const auto values = split(text, ',');
  if (values.size() > 1) {
    for (const auto& value : values) axes[option].push_back(written_value(value));
    return;
  }
  bool taken = false;
  Words known;
  for (auto& contender : contenders) {
    if (!contender.spec) continue;
    for (const auto& each : contender.spec->options) known.push_back(each.name);
    if (!contender.spec->find(option)) continue;
    taken = true;
    auto& options = contender.variant["options"];
    if (!options.contains(option)) options[option] = written_value(values.front());
  }
  if (!taken)
    throw UserError("--option", fmt::format("none of the blocks has an option \"{}\"", option),
                    choices(option, known), "see: ablate list blocks");
}

void add_axis(Json& axes, const char* axis, const Words& words, Json (*value)(const std::string&)) {
  auto& values = axes[axis] = Json::array();
  for (const auto& word : words) values.push_back(value(word));
}

/// What changes along an axis stands down the side, variants innermost: ratios then stand beside their
/// numbers.
Json table_of(const Json& axes) {
  auto rows = Json::array(), splits = Json::array();
  for (const auto& [axis, values] : axes.items())
    if (values.size() > 1) (axis == "device" ? splits : rows).push_back(axis);
  rows.push_back("variant");
  Json table{{"rows", rows}};
  if (!splits.empty()) table["split"] = splits;
  return table;
}

/// The first block; where there is one alone, its first form.
Json baseline_of(const std::vector<Contender>& contenders, const Words& forms) {
  if (contenders.size() > 1) return {{"variant", contenders.front().name}};
  if (forms.size() > 1) return {{"form", forms.front()}};
  return {};
}

Json protocol_of(const BenchRequest& request) {
  if (request.protocol == "fixed") return {{"warmup", request.warmup}, {"repeat", request.repeat}};
  return {{"kind", "paired"}, {"precision", request.precision_percent / 100}, {"budget_s", request.seconds}};
}

Json metrics_of(const BenchRequest& request) {
  if (!request.metrics.empty()) return request.metrics;
  Json metrics{"params", "macs", "latency.median"};
  if (std::ranges::any_of(request.devices, [](const std::string& device) { return device != "cpu"; }))
    metrics.push_back("latency.device");
  return metrics;
}

}  // namespace

std::string bench_study(const BenchRequest& request, const std::vector<BlockSpec>& blocks) {
  auto contenders = contenders_of(request, blocks);
  Json axes = Json::object(), variants = Json::object();
  add_axis(axes, "device", request.devices, text_value);
  add_axis(axes, "dtype", request.dtypes, text_value);
  add_axis(axes, "batch", request.batches, batch_of);
  add_axis(axes, "channels", request.channels, channels_of);
  add_axis(axes, "resolution", request.resolutions, resolution_of);
  for (const auto& option : request.options) add_option(option, contenders, axes);
  add_axis(axes, "form", request.forms, text_value);
  Words names;
  for (auto& contender : contenders) {
    names.push_back(contender.name);
    variants[contender.name] = std::move(contender.variant);
  }
  // The first is what the others are set against.
  const auto rest = join(std::span(names).subspan(1));
  const auto title = rest.empty() ? names.front() : fmt::format("{} against {}", rest, names.front());
  Json section{{"id", "bench"},
               {"title", title},
               {"axes", axes},
               {"metrics", metrics_of(request)},
               {"protocol", request.protocol}};
  if (auto baseline = baseline_of(contenders, request.forms); !baseline.is_null())
    section["baseline"] = std::move(baseline);
  section["table"] = table_of(axes);
  const Json study{{"study", "bench"},
                   {"title", title},
                   {"protocols", {{request.protocol, protocol_of(request)}}},
                   {"variants", variants},
                   {"sections", Json::array({section})}};
  return study.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ablate::cli
