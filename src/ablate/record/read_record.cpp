#include "ablate/base/error.hpp"
#include "ablate/record/field.hpp"
#include "ablate/record/record.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace ablate {
namespace {

using nlohmann::ordered_json;

template <typename Term>
Term read_term(const Field& field, std::optional<Term> (*named)(std::string_view), std::string_view allowed) {
  const auto term = named(field.text());
  field.require(term.has_value(), allowed);
  return *term;
}

Resolution read_resolution(const Field& field) {
  const auto sides = field.items();
  field.require(sides.size() == 2, "[height, width]");
  return {sides[0].integer(1), sides[1].integer(1)};
}

/// Records of the first versions say neither kind nor cache: they were fixed, and hot.
Protocol read_protocol(const Field& field) {
  Protocol protocol;
  protocol.name = field["name"].text();
  if (field.has("cache") && field["cache"].text() == name(Cache::cold)) protocol.cache = Cache::cold;
  if (!field.has("kind")) {
    protocol.warmup = field["warmup_runs"].integer();
    protocol.repeat = field["repeat_runs"].integer(1);
    return protocol;
  }
  const auto kind = field["kind"];
  kind.require(kind.text() == name(Sampling::paired), "paired, or no kind at all");
  protocol.kind = Sampling::paired;
  protocol.clock = read_term(field["clock"], clock_named, "host, device, graph, launch");
  protocol.precision = field["precision"].number();
  protocol.confidence = field["confidence"].number();
  protocol.budget_s = field["budget_s"].number();
  return protocol;
}

Cell read_cell(const Field& line) {
  Cell cell;
  cell.id = line["cell"].text();
  cell.variant = line["variant"].text();
  cell.block = line["block"].text();
  for (const auto& [option, value] : line["options"].members()) cell.options[option] = value.option();
  cell.form = read_term(line["form"], form_named, "train, deploy, folded, fused");
  cell.device = line["device"].text();
  cell.dtype = read_term(line["dtype"], dtype_named, "float32, float64, float16, bfloat16");
  cell.batch = line["batch"].integer(1);
  cell.channels = {line["in_channels"].integer(1), line["out_channels"].integer(1)};
  cell.resolution = read_resolution(line["resolution"]);
  cell.seed = line["seed"].natural();
  cell.tf32 = line["tf32"].boolean();
  if (line.has("protocol")) cell.protocol = read_protocol(line["protocol"]);
  return cell;
}

Status read_status(const Field& field) {
  const auto text = field.text();
  if (text == "ok") return Status::ok;
  if (text == "skipped") return Status::skipped;
  field.require(text == "failed", "ok, skipped, failed");
  return Status::failed;
}

Latency read_latency(const Field& field) {
  Latency latency;
  latency.mean = field["mean"].number();
  latency.std = field["std"].number();
  latency.median = field["median"].number();
  latency.min = field["min"].number();
  latency.p05 = field["p05"].number();
  latency.p95 = field["p95"].number();
  for (const auto& sample : field["samples"].items()) latency.samples.push_back(sample.number());
  if (field.has("calls")) latency.calls = field["calls"].integer(1);
  const auto n = field["n"];
  n.require(n.integer(1) == static_cast<std::int64_t>(latency.samples.size()),
            fmt::format("{}, the number of samples", latency.samples.size()));
  return latency;
}

std::optional<Latency> find_latency(const Field& field, const char* key) {
  return field.has(key) ? std::optional(read_latency(field[key])) : std::nullopt;
}

std::vector<std::size_t> read_ends(const Field& field) {
  std::vector<std::size_t> ends;
  for (const auto& item : field.items()) ends.push_back(static_cast<std::size_t>(item.integer()));
  return ends;
}

Pairing read_pairing(const Field& field) {
  Pairing pairing;
  pairing.group = field["group"].text();
  pairing.baseline = field["baseline"].text();
  pairing.ends = read_ends(field["layout_ends"]);
  if (field.has("process_ends")) pairing.process_ends = read_ends(field["process_ends"]);
  pairing.stopped = field["stopped"].text();
  pairing.set_aside = field["rounds_set_aside"].integer();
  if (field.has("twin")) {
    const auto twin = field["twin"];
    pairing.twin = Twin{find_latency(twin, "latency_s"), find_latency(twin, "device_latency_s"),
                        find_latency(twin, "graph_latency_s"), find_latency(twin, "launch_latency_s")};
  }
  return pairing;
}

void read_latencies(const Field& line, Record& record) {
  record.latency = find_latency(line, "latency_s");
  record.device = find_latency(line, "device_latency_s");
  record.graph = find_latency(line, "graph_latency_s");
  record.launch = find_latency(line, "launch_latency_s");
  if (line.has("no_device_latency")) record.no_device = line["no_device_latency"].text();
  if (line.has("no_counts")) record.no_counts = line["no_counts"].text();
  if (line.has("no_graph_latency")) record.no_graph = line["no_graph_latency"].text();
  if (line.has("pairing")) record.pairing = read_pairing(line["pairing"]);
}

Numbers read_numbers(const Field& field) {
  Numbers numbers;
  for (const auto& [name, value] : field.members()) numbers.emplace_back(name, value.number());
  return numbers;
}

void read_circumstances(const Field& line, Record& record) {
  if (line.has("page_faults"))
    record.page_faults =
        PageFaults{line["page_faults"]["total"].integer(), line["page_faults"]["samples"].integer()};
  if (line.has("equality")) {
    const auto equality = line["equality"];
    record.equality =
        Equality{equality["max_abs"].number(), equality["max_rel"].number(), equality["tolerance"].number()};
  }
  if (line.has("kernel"))
    record.kernel = Kernel{line["kernel"]["scheme"].text(), line["kernel"]["why"].text()};
  if (line.has("memory_bytes")) {
    const auto memory = line["memory_bytes"];
    record.memory =
        Memory{memory["weights"].integer(), memory["input"].integer(), memory["activations"].integer()};
  }
  if (line.has("attained")) {
    const auto attained = line["attained"];
    record.attained = Attained{attained["flop_per_s"].number(), attained["byte_per_s"].number(),
                               attained["roofline"].number(), attained["bound"].text() == "memory"};
  }
  if (line.has("output")) record.output = line["output"].text();
  if (line.has("conditions")) {
    const auto conditions = line["conditions"];
    record.conditions = Conditions{read_numbers(conditions["before"]), read_numbers(conditions["during"]),
                                   read_numbers(conditions["after"])};
  }
  if (line.has("disturbed"))
    for (const auto& item : line["disturbed"].items()) record.disturbed.push_back(item.text());
}

void read_structure(const Field& line, Record& record) {
  if (line.has("params"))
    record.counts = Counts{line["params"].integer(), line["buffers"].integer(), line["macs"].integer(),
                           line["bytes"].integer()};
  if (line.has("parts"))
    for (const auto& part : line["parts"].items())
      record.parts.push_back(
          {part["name"].text(), part["type"].text(), part["params"].integer(), part["buffers"].integer()});
  if (line.has("traits"))
    for (const auto& [trait, text] : line["traits"].members()) record.traits.emplace_back(trait, text.text());
}

}  // namespace

Record record_from_json(const std::string& line, const std::string& where) {
  const auto json = ordered_json::parse(line, nullptr, false);
  if (!json.is_object()) throw UserError(where, "no JSON object", "one record a line");
  const Field field(json, where + ": ");
  const auto schema = field["schema"];
  schema.require(schema.integer() == record_schema,
                 fmt::format("{}, which this version of ablate reads", record_schema));
  Record record;
  record.study = field["study"].text();
  record.cell = read_cell(field);
  record.status = read_status(field["status"]);
  if (record.status != Status::ok) record.reason = field["reason"].text();
  read_structure(field, record);
  read_latencies(field, record);
  read_circumstances(field, record);
  record.environment = field["environment"].text();
  record.overhead_s = field["overhead_s"].number();
  return record;
}

}  // namespace ablate
