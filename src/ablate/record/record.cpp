#include "ablate/record/record.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ablate {
namespace {

using nlohmann::ordered_json;

constexpr std::array<const char*, 3> status_names{"ok", "skipped", "failed"};

/// JSON has no word for NaN or infinity; a library that writes null there would give records nobody can read.
double finite(double value, const char* what) {
  if (!std::isfinite(value)) throw std::invalid_argument(fmt::format("record: {} is no finite number", what));
  return value;
}

ordered_json json_of(const Options& options) {
  auto json = ordered_json::object();
  for (const auto& [name, value] : options)
    std::visit(
        [&, &name = name](const auto& held) {
          if constexpr (std::is_same_v<decltype(held), const double&>) finite(held, name.c_str());
          json[name] = held;
        },
        value);
  return json;
}

ordered_json json_of(const Latency& latency) {
  auto json = ordered_json{{"n", latency.samples.size()},       {"mean", finite(latency.mean, "mean")},
                           {"std", finite(latency.std, "std")}, {"median", finite(latency.median, "median")},
                           {"min", finite(latency.min, "min")}, {"p05", finite(latency.p05, "p05")},
                           {"p95", finite(latency.p95, "p95")}};
  auto samples = ordered_json::array();
  for (const auto sample : latency.samples) samples.push_back(finite(sample, "a sample"));
  json["samples"] = std::move(samples);
  return json;
}

void write_cell(ordered_json& json, const Cell& cell) {
  json["cell"] = cell.id;
  json["variant"] = cell.variant;
  json["block"] = cell.block;
  json["options"] = json_of(cell.options);
  json["form"] = name(cell.form);
  json["device"] = cell.device;
  json["dtype"] = name(cell.dtype);
  json["batch"] = cell.batch;
  json["in_channels"] = cell.channels.in;
  json["out_channels"] = cell.channels.out;
  json["resolution"] = {cell.resolution.height, cell.resolution.width};
  json["seed"] = cell.seed;
  json["tf32"] = cell.tf32;
  if (cell.protocol)
    json["protocol"] = {{"name", cell.protocol->name},
                        {"warmup_runs", cell.protocol->warmup},
                        {"repeat_runs", cell.protocol->repeat}};
}

void write_structure(ordered_json& json, const Record& record) {
  if (record.counts) {
    json["params"] = record.counts->params;
    json["buffers"] = record.counts->buffers;
    json["macs"] = record.counts->macs;
    json["bytes"] = record.counts->bytes;
  }
  if (!record.parts.empty()) {
    auto& parts = json["parts"] = ordered_json::array();
    for (const auto& part : record.parts)
      parts.push_back(
          {{"name", part.name}, {"type", part.type}, {"params", part.params}, {"buffers", part.buffers}});
  }
  if (!record.traits.empty()) {
    auto& traits = json["traits"] = ordered_json::object();
    for (const auto& [trait, text] : record.traits) traits[trait] = text;
  }
}

}  // namespace

std::string to_json(const Record& record) {
  auto json = ordered_json{{"schema", record_schema}, {"study", record.study}};
  write_cell(json, record.cell);
  json["status"] = status_names[static_cast<std::size_t>(record.status)];
  if (record.status != Status::ok) json["reason"] = record.reason;
  write_structure(json, record);
  if (record.latency) json["latency_s"] = json_of(*record.latency);
  json["environment"] = record.environment;
  json["overhead_s"] = finite(record.overhead_s, "overhead_s");
  // Reasons quote what other libraries said, in whatever encoding; one bad byte must not lose the record.
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string plan_to_json(const Study& study, const Plan& plan) {
  auto cells = ordered_json::array();
  for (const auto& cell : plan.cells) write_cell(cells.emplace_back(ordered_json::object()), cell);
  return ordered_json{{"study", study.id}, {"cells", std::move(cells)}}.dump(1) + "\n";
}

}  // namespace ablate
