#include "ablate/report/cell_cards.hpp"

#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/report/measured.hpp"
#include "ablate/report/numbers.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace ablate {
namespace {

using Cards = nlohmann::ordered_json;

std::string quoted_for_shell(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=:").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shape_text(const Cell& cell) {
  return fmt::format("batch {}, {} channels, {}", cell.batch, label("channels", cell.channels),
                     label("resolution", cell.resolution));
}

void add_fact(Cards& facts, const std::string& name, const std::string& value) {
  if (!value.empty()) facts.push_back({name, value});
}

void add_metric(Cards& facts, const Record& record, const std::string& metric, const std::string& name) {
  if (const auto value = value_of(record, metric))
    add_fact(facts, name, quantity_text(record, metric, *value));
}

Cards facts_of(const Cell& cell, const Record* record) {
  auto facts = Cards::array();
  add_fact(facts, "block", fmt::format("{} {}", cell.block, text_of(cell.options)));
  add_fact(facts, "form", fmt::format("{}, {}, {}", name(cell.form), cell.device, name(cell.dtype)));
  add_fact(facts, "input", shape_text(cell));
  if (cell.protocol) add_fact(facts, "protocol", describe(*cell.protocol));
  if (!record) return facts;
  static constexpr std::array<std::pair<const char*, const char*>, 9> metrics{
      {{"params", "params"},
       {"buffers", "buffers"},
       {"macs", "MACs"},
       {"bytes", "least traffic"},
       {"memory.weights", "weights"},
       {"memory.activations", "activations"},
       {"throughput.flops", "attained"},
       {"roofline", "of the roofline"},
       {"error", "error against train"}}};
  for (const auto& [metric, name] : metrics) add_metric(facts, *record, metric, name);
  if (record->kernel) add_fact(facts, "kernel", record->kernel->scheme);
  add_fact(facts, "environment", record->environment);
  return facts;
}

/// Every clock that was read: its median, the interval of that, and what the samples are.
Cards clocks_of(const Record& record) {
  auto clocks = Cards::array();
  static constexpr std::array<std::pair<const char*, const char*>, 4> metrics{
      {{"host", "latency.median"},
       {"device", "latency.device"},
       {"graph", "latency.graph"},
       {"launching", "latency.launch"}}};
  for (const auto& [title, metric] : metrics) {
    const auto value = measured(record, metric);
    if (!value || (record.cell.device == "cpu" && title != std::string("host"))) continue;
    const auto& samples = *latency_on(record, *clock_of(metric));
    const auto unit = unit_for("s", {value->value});
    const auto interval =
        value->low ? fmt::format("{:.4g} to {:.4g}", *value->low * unit.per_si, *value->high * unit.per_si)
                   : "too few samples";
    clocks.push_back({title, quantity_text(record, metric, value->value), interval,
                      fmt::format("{:.4g} to {:.4g}", samples.p05 * unit.per_si, samples.p95 * unit.per_si),
                      samples.calls > 1 ? fmt::format("{} of {} calls", samples.samples.size(), samples.calls)
                                        : fmt::format("{}", samples.samples.size())});
  }
  return clocks;
}

/// What a reader should know before believing the numbers.
Cards flags_of(const Record& record) {
  auto flags = Cards::array();
  if (record.status != Status::ok) flags.push_back(placeholder(&record) + ": " + record.reason);
  for (const auto& disturbance : record.disturbed) flags.push_back("disturbed: " + disturbance);
  if (record.pairing && record.pairing->stopped == "budget")
    flags.push_back("stopped by its budget, not by its precision");
  if (const auto ratio = launch_bound(record))
    flags.push_back(
        fmt::format("launch-bound: the host waits {:.1f} times as long as the device works", *ratio));
  if (record.kernel && record.kernel->scheme == "folded")
    flags.push_back("no fused kernel: " + record.kernel->why);
  if (!record.no_graph.empty()) flags.push_back("no graph: " + record.no_graph);
  if (!record.no_device.empty()) flags.push_back("no device clock: " + record.no_device);
  return flags;
}

}  // namespace

std::string command_for(const Cell& cell, const std::string& study_file) {
  return fmt::format("ablate run {} --cell {}", quoted_for_shell(study_file), quoted_for_shell(cell.id));
}

std::string cell_cards(const Plan& plan, const Records& records, const std::string& study_file) {
  auto cards = Cards::object();
  for (const auto& cell : plan.cells) {
    const auto found = records.find(cell.id);
    const auto* record = found == records.end() ? nullptr : &found->second;
    cards[cell.id] = {{"title", cell.variant},
                      {"facts", facts_of(cell, record)},
                      {"clocks", record ? clocks_of(*record) : Cards::array()},
                      {"flags", record ? flags_of(*record) : Cards::array({"not run"})},
                      {"command", command_for(cell, study_file)}};
  }
  return cards.dump(-1, ' ', false, Cards::error_handler_t::replace);
}

}  // namespace ablate
