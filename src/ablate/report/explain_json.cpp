#include "ablate/report/explain.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace ablate {
namespace {

using ExplainJson = nlohmann::ordered_json;

/// JSON has no infinity: an end that is not known is null.
ExplainJson finite_or_null(double value) { return std::isfinite(value) ? ExplainJson(value) : ExplainJson(); }

/// The record without its samples.
ExplainJson without_samples(ExplainJson json) {
  if (json.is_object()) json.erase("samples");
  if (json.is_structured())
    for (auto& inner : json) inner = without_samples(std::move(inner));
  return json;
}

ExplainJson json_of(const ClockReading& reading) {
  return {{"median_s", reading.latency->median},
          {"low_s", finite_or_null(reading.estimate.low)},
          {"high_s", finite_or_null(reading.estimate.high)},
          {"confidence", 0.95},
          {"samples", reading.latency->samples.size()},
          {"calls", reading.latency->calls}};
}

ExplainJson json_of(const AgainstBaseline& standing) {
  return {{"metric", standing.metric},
          {"baseline", standing.baseline},
          {"ratio", finite_or_null(standing.ratio.value)},
          {"low", finite_or_null(standing.ratio.low)},
          {"high", finite_or_null(standing.ratio.high)},
          {"exact", standing.exact},
          {"paired", standing.paired},
          {"beyond_noise", standing.beyond_noise},
          {"floor", std::expm1(standing.floor)}};
}

ExplainJson json_of(const Showing& showing) {
  ExplainJson json{{"section", showing.section}, {"title", showing.title}, {"at", ExplainJson::object()}};
  for (const auto& [dimension, label] : showing.at) json["at"][dimension] = label;
  json["against_baseline"] = ExplainJson::array();
  for (const auto& standing : showing.standings) json["against_baseline"].push_back(json_of(standing));
  return json;
}

ExplainJson json_of(const Verdict& verdict) {
  ExplainJson json{
      {"id", verdict.claim.id}, {"text", verdict.claim.text}, {"verdict", name(verdict.outcome)}};
  if (!verdict.why.empty()) json["why"] = verdict.why;
  if (verdict.effect)
    json["effect"] = {{"of", verdict.effect_of},
                      {"ratio", finite_or_null(verdict.effect->value)},
                      {"low", finite_or_null(verdict.effect->low)},
                      {"high", finite_or_null(verdict.effect->high)}};
  return json;
}

}  // namespace

std::string to_json(const Explanation& explanation) {
  ExplainJson json{{"cell", explanation.cell->id}};
  json["record"] =
      explanation.record ? without_samples(ExplainJson::parse(to_json(*explanation.record))) : ExplainJson();
  json["clocks"] = ExplainJson::object();
  for (const auto& reading : explanation.clocks)
    json["clocks"][std::string(name(reading.clock))] = json_of(reading);
  json["shown_in"] = ExplainJson::array();
  for (const auto& showing : explanation.shown_in) json["shown_in"].push_back(json_of(showing));
  json["group"] = ExplainJson::array();
  for (const auto* cell : explanation.company) json["group"].push_back(cell->id);
  json["claims"] = ExplainJson::array();
  for (const auto& verdict : explanation.claims) json["claims"].push_back(json_of(verdict));
  json["environment"] = ExplainJson::parse(to_json(explanation.environment));
  json["command"] = explanation.command;
  return json.dump(2, ' ', false, ExplainJson::error_handler_t::replace) + "\n";
}

}  // namespace ablate
