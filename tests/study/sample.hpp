#pragma once

#include "ablate/study/parse.hpp"

#include <nlohmann/json.hpp>

/// What the tests of this room share: blocks described by hand, as the registry would, and a small study.
namespace ablate {

inline OptionSpec option(std::string name, OptionType type, std::optional<OptionValue> fallback,
                         OptionRange range = {}) {
  return {std::move(name), type, fallback, range, ""};
}

/// A part of the block that is there unless it is removed.
inline OptionSpec part(std::string name) {
  return {std::move(name), OptionType::boolean, true, {}, "", {}, true};
}

inline OptionSpec recalibration_of(std::string fallback) {
  return {
      "recalibration", OptionType::choice, std::move(fallback), {}, "", {"none", "scale", "affine"}, true};
}

inline OptionSpec integer(std::string name, std::optional<std::int64_t> fallback = {},
                          std::int64_t minimum = 1) {
  std::optional<OptionValue> value;
  if (fallback) value = *fallback;
  return option(std::move(name), OptionType::integer, value, {.minimum = static_cast<double>(minimum)});
}

inline OptionSpec kernel_size(std::int64_t fallback) {
  return option("kernel_size", OptionType::integer, fallback, {.minimum = 1, .parity = Parity::odd});
}

inline OptionSpec dropout_rate() {
  return option("dropout_rate", OptionType::real, 0.5,
                {.minimum = 0, .maximum = 1, .maximum_excluded = true});
}

inline BlockSpec whole_block(std::string name, std::string recalibration,
                             const std::vector<OptionSpec>& parts = {}) {
  BlockSpec block{std::move(name),
                  "",
                  {integer("in_channels"), integer("out_channels"), kernel_size(7), integer("num_basis", 8),
                   dropout_rate(), recalibration_of(std::move(recalibration)), part("kxk"), part("pointwise"),
                   part("identity")},
                  {Form::train, Form::deploy}};
  block.options.insert(block.options.end(), parts.begin(), parts.end());
  return block;
}

inline BlockSpec recalibration(std::string name) {
  return {std::move(name), "", {integer("channels"), integer("num_basis", 8), dropout_rate()}, {Form::train}};
}

/// A block of the literature, as the registry has it but for options that no study here sets.
inline BlockSpec literature(std::string name, std::vector<OptionSpec> options) {
  return {std::move(name), "", std::move(options), {Form::train}};
}

inline const std::vector<BlockSpec>& sample_blocks() {
  static const std::vector<BlockSpec> blocks{
      whole_block("DWBlock", "scale"),
      whole_block("STMBlock", "affine", {part("shuffle")}),
      whole_block("FastSTMBlock", "scale", {part("mixing")}),
      {"RepConv",
       "",
       {integer("in_channels"), integer("out_channels"), kernel_size(3), integer("stride", 1),
        integer("padding", 1, 0), integer("groups", 1), option("use_activation", OptionType::boolean, true)},
       {Form::train, Form::deploy}},
      recalibration("PRCM"),
      recalibration("AffinePRCM"),
      recalibration("SimplePRCM"),
      {"ConvBnRelu", "", {integer("in_channels"), integer("out_channels"), kernel_size(1)}, {Form::train}},
      {"Chunk", "", {}, {Form::train}},
      {"Concat", "", {}, {Form::train}},
      {"ChannelShuffle", "", {integer("groups", 2)}, {Form::train}},
      {"Slice", "", {integer("dim", 0, 0)}, {Form::train}},
      literature("InvertedResidual", {integer("in_channels"), integer("out_channels")}),
      literature("ShuffleUnit", {integer("channels")}),
      literature("RepVGGBlock", {integer("in_channels"), integer("out_channels"), integer("groups", 1),
                                 option("use_activation", OptionType::boolean, true)}),
      literature("MobileOneBlock", {integer("in_channels"), integer("out_channels")}),
      literature("GhostModule", {integer("in_channels"), integer("out_channels")}),
      literature("ConvNeXtBlock", {integer("channels")}),
      literature("FasterNetBlock", {integer("channels")}),
      literature("PartialConv", {integer("channels")}),
      literature("SqueezeExcitation", {integer("channels")}),
      literature("ECA", {integer("channels")})};
  return blocks;
}

using Json = nlohmann::ordered_json;

inline Json sample_study() {
  return Json::parse(R"({
    "study": "sample",
    "protocols": {"fast": {"warmup": 1, "repeat": 3}, "slow": {"warmup": 5, "repeat": 9}},
    "variants": {
      "DW": {"block": "DWBlock", "options": {"kernel_size": 7}},
      "STM": {"block": "STMBlock"},
      "gate": {"block": "PRCM", "options": {"dropout_rate": 0}, "at": {"channels": 8}, "group": "parts"}
    },
    "sections": [
      {"id": "channels", "variants": ["DW", "STM"], "axes": {"channels": [16, 32]},
       "metrics": ["latency", "params"], "protocol": "fast"},
      {"id": "counts", "variants": ["DW", "STM"], "axes": {"form": ["train", "deploy"]}, "metrics": ["params"],
       "baseline": {"variant": "DW"}, "table": {"rows": ["form"], "columns": ["variant"]},
       "sums": [{"whole": "DW", "parts": ["STM", "STM"]}]}
    ],
    "summary": {
      "rankings": [{"section": "counts", "metric": "params"}],
      "crossovers": [{"section": "channels", "axis": "channels", "metric": "latency"}],
      "pareto": [{"section": "channels", "metrics": ["params", "latency"]}]
    },
    "claims": [
      {"id": "larger", "text": "DW is larger", "section": "counts", "metric": "params", "variant": "DW",
       "is": "above", "other": "STM", "where": {"form": "train"}}
    ]
  })");
}

/// The study with a variant for each way of writing a block. Files are not opened, since hashes are given.
inline Json with_written_blocks(Json study) {
  auto& variants = study["variants"];
  variants["file"] = Json::parse(R"({"block": {"torchscript": "my.pt", "hash": "0123456789abcdef"}})");
  variants["compiled"] = Json::parse(R"({"block": {"aoti": "my.pt2", "hash": "0123456789abcdef"}})");
  variants["pair"] = Json::parse(R"({"block": {"sequence": [
      {"block": "RepConv", "options": {"groups": "channels", "kernel_size": 5, "padding": 2}}, "PRCM"]}})");
  variants["sum"] = Json::parse(R"({"block": {"residual": "DWBlock"}})");
  variants["halves"] = Json::parse(
      R"({"block": {"split": {"fraction": 0.25, "parts": ["identity", "DWBlock"], "shuffle": true}}})");
  variants["branches"] = Json::parse(R"({"block": {"parallel": ["DWBlock", "STMBlock"], "join": "concat"}})");
  variants["twice"] = Json::parse(R"({"block": {"repeat": {"block": "DWBlock", "times": 2}}})");
  return study;
}

inline Study parse(const Json& document, const Overrides& overrides = {}) {
  return parse_study_text(document.dump(), "study.json", sample_blocks(), overrides).study;
}

/// Sets what stands at a JSON pointer; an absent value removes it.
inline Json with(Json document, const std::string& pointer, const std::optional<Json>& value) {
  const Json::json_pointer place(pointer);
  if (value)
    document[place] = *value;
  else if (auto& parent = document[place.parent_pointer()]; parent.is_array())
    parent.erase(std::stoul(place.back()));
  else
    parent.erase(place.back());
  return document;
}

}  // namespace ablate
