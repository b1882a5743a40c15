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
  if (latency.calls != 1) json["calls"] = latency.calls;
  auto samples = ordered_json::array();
  for (const auto sample : latency.samples) samples.push_back(finite(sample, "a sample"));
  json["samples"] = std::move(samples);
  return json;
}

ordered_json json_of(const Protocol& protocol) {
  ordered_json json{{"name", protocol.name}};
  if (protocol.kind == Sampling::fixed) {
    json["warmup_runs"] = protocol.warmup;
    json["repeat_runs"] = protocol.repeat;
  } else {
    json["kind"] = name(protocol.kind);
    json["clock"] = name(protocol.clock);
    json["precision"] = finite(protocol.precision, "precision");
    json["confidence"] = finite(protocol.confidence, "confidence");
    json["budget_s"] = finite(protocol.budget_s, "budget_s");
  }
  json["cache"] = name(protocol.cache);
  return json;
}

ordered_json json_of(const Twin& twin) {
  auto json = ordered_json::object();
  if (twin.host) json["latency_s"] = json_of(*twin.host);
  if (twin.device) json["device_latency_s"] = json_of(*twin.device);
  if (twin.graph) json["graph_latency_s"] = json_of(*twin.graph);
  if (twin.launch) json["launch_latency_s"] = json_of(*twin.launch);
  return json;
}

ordered_json json_of(const Pairing& pairing) {
  ordered_json json{{"group", pairing.group}, {"baseline", pairing.baseline}, {"layout_ends", pairing.ends}};
  if (!pairing.process_ends.empty()) json["process_ends"] = pairing.process_ends;
  json["stopped"] = pairing.stopped;
  json["rounds_set_aside"] = pairing.set_aside;
  if (pairing.twin) json["twin"] = json_of(*pairing.twin);
  return json;
}

ordered_json json_of(const Numbers& numbers) {
  auto json = ordered_json::object();
  for (const auto& [name, value] : numbers) json[name] = finite(value, name.c_str());
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
  if (cell.protocol) json["protocol"] = json_of(*cell.protocol);
}

void write_structure(ordered_json& json, const Record& record) {
  if (record.counts) {
    json["params"] = record.counts->params;
    json["buffers"] = record.counts->buffers;
    json["macs"] = record.counts->macs;
    json["bytes"] = record.counts->bytes;
  }
  if (!record.no_counts.empty()) json["no_counts"] = record.no_counts;
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

void write_latencies(ordered_json& json, const Record& record) {
  if (record.latency) json["latency_s"] = json_of(*record.latency);
  if (record.device) json["device_latency_s"] = json_of(*record.device);
  if (record.graph) json["graph_latency_s"] = json_of(*record.graph);
  if (record.launch) json["launch_latency_s"] = json_of(*record.launch);
  if (!record.no_device.empty()) json["no_device_latency"] = record.no_device;
  if (!record.no_graph.empty()) json["no_graph_latency"] = record.no_graph;
  if (const auto ratio = launch_bound(record)) json["launch_bound"] = finite(*ratio, "launch_bound");
  if (record.pairing) json["pairing"] = json_of(*record.pairing);
}

/// What stands beside the latencies and says how far they can be trusted.
void write_circumstances(ordered_json& json, const Record& record) {
  if (record.page_faults)
    json["page_faults"] = {{"total", record.page_faults->total}, {"samples", record.page_faults->samples}};
  if (record.equality)
    json["equality"] = {{"max_abs", finite(record.equality->absolute, "max_abs")},
                        {"max_rel", finite(record.equality->relative, "max_rel")},
                        {"tolerance", finite(record.equality->tolerance, "tolerance")}};
  if (record.kernel) json["kernel"] = {{"scheme", record.kernel->scheme}, {"why", record.kernel->why}};
  if (record.memory)
    json["memory_bytes"] = {{"weights", record.memory->weights},
                            {"input", record.memory->input},
                            {"activations", record.memory->activations}};
  if (record.attained)
    json["attained"] = {{"flop_per_s", finite(record.attained->flop_per_s, "flop_per_s")},
                        {"byte_per_s", finite(record.attained->byte_per_s, "byte_per_s")},
                        {"roofline", finite(record.attained->roofline, "roofline")},
                        {"bound", record.attained->memory_bound ? "memory" : "compute"}};
  if (!record.output.empty()) json["output"] = record.output;
  if (record.conditions)
    json["conditions"] = {{"before", json_of(record.conditions->before)},
                          {"during", json_of(record.conditions->during)},
                          {"after", json_of(record.conditions->after)}};
  if (!record.disturbed.empty()) json["disturbed"] = record.disturbed;
}

}  // namespace

const Latency* latency_on(const Record& record, Clock clock) {
  const auto& chosen = record.cell.device == "cpu" || clock == Clock::host ? record.latency
                       : clock == Clock::device                            ? record.device
                       : clock == Clock::graph                             ? record.graph
                                                                           : record.launch;
  return chosen ? &*chosen : nullptr;
}

std::optional<double> launch_bound(const Record& record) {
  if (!record.latency || !record.device || record.device->median <= 0) return std::nullopt;
  const auto ratio = record.latency->median / record.device->median;
  return ratio >= launch_bound_ratio ? std::optional(ratio) : std::nullopt;
}

std::string to_json(const Record& record) {
  auto json = ordered_json{{"schema", record_schema}, {"study", record.study}};
  write_cell(json, record.cell);
  json["status"] = status_names[static_cast<std::size_t>(record.status)];
  if (record.status != Status::ok) json["reason"] = record.reason;
  write_structure(json, record);
  write_latencies(json, record);
  write_circumstances(json, record);
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
