#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/report/explain.hpp"
#include "ablate/report/numbers.hpp"
#include "ablate/report/verdicts.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

/// Paragraphs of facts, their names in a column.
class Facts {
 public:
  void paragraph(const std::string& title) {
    if (!text_.empty()) text_ += "\n";
    text_ += title + "\n";
  }
  void add(const std::string& name, const std::string& fact) {
    constexpr std::size_t column = 20;
    const auto width = columns_of(name);
    text_ += "  " + name + std::string(width < column ? column - width : 1, ' ') + fact + "\n";
  }
  void add_if(const std::string& name, const std::string& fact) {
    if (!fact.empty()) add(name, fact);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string seconds_text(double seconds) {
  const auto unit = unit_for("s", {seconds});
  const auto value = seconds * unit.per_si;
  return fmt::format("{} {}", rounded(value, std::max(0, decimals_for(value, 0))), unit.name);
}

std::string bytes_text(std::int64_t bytes) {
  const auto unit = unit_for("bytes", {static_cast<double>(bytes)});
  return unit.per_si == 1 ? fmt::format("{} B", bytes)
                          : fmt::format("{:.4g} {}", static_cast<double>(bytes) * unit.per_si, unit.name);
}

std::string interval_text(const Estimate& estimate) {
  if (!std::isfinite(estimate.low) || !std::isfinite(estimate.high))
    return "interval not known: too few samples";
  return fmt::format("95 % [{}, {}]", seconds_text(estimate.low), seconds_text(estimate.high));
}

void add_cell(Facts& facts, const Cell& cell) {
  facts.paragraph(fmt::format("Cell {}: {}", cell.id, cell.variant));
  facts.add("block", cell.block);
  facts.add_if("options", text_of(cell.options));
  facts.add("form", std::string(name(cell.form)));
  facts.add("device", cell.device + (cell.tf32 ? ", TF32" : ""));
  facts.add("dtype", std::string(name(cell.dtype)));
  facts.add("shape", fmt::format("batch {}, {} channels, {}", cell.batch, label("channels", cell.channels),
                                 label("resolution", cell.resolution)));
  facts.add("seed", fmt::format("{}", cell.seed));
  facts.add("protocol", cell.protocol ? fmt::format("{}: {}", cell.protocol->name, describe(*cell.protocol))
                                      : std::string("counted, not timed"));
}

void add_outcome(Facts& facts, const Record* record) {
  if (!record) return facts.add("outcome", "not run");
  if (record->status != Status::ok)
    facts.add("outcome",
              fmt::format("{}: {}", record->status == Status::failed ? "failed" : "skipped", record->reason));
}

void add_counts(Facts& facts, const Record& record) {
  if (!record.counts) return;
  facts.paragraph("Counts");
  facts.add("params", with_thousands(record.counts->params));
  facts.add("buffers", with_thousands(record.counts->buffers));
  facts.add("MACs", with_thousands(record.counts->macs));
  facts.add("least traffic", bytes_text(record.counts->bytes));
  for (const auto& part : record.parts)
    facts.add("· " + part.name, fmt::format("{}: {} params, {} buffers", part.type,
                                            with_thousands(part.params), with_thousands(part.buffers)));
  for (const auto& [trait, text] : record.traits) facts.add(trait, text);
  if (record.memory)
    facts.add("memory",
              fmt::format("weights {}, input {}, activations {}", bytes_text(record.memory->weights),
                          bytes_text(record.memory->input), bytes_text(record.memory->activations)));
}

void add_clocks(Facts& facts, const Explanation& explanation) {
  if (explanation.clocks.empty()) return;
  const auto& record = *explanation.record;
  facts.paragraph("Latency of a call");
  for (const auto& [clock, latency, estimate] : explanation.clocks) {
    facts.add(std::string(name(clock)),
              fmt::format("median {}, {}", seconds_text(latency->median), interval_text(estimate)));
    facts.add("",
              fmt::format("{} of {}; mean {} ± {}, least {}, p05 {}, p95 {}",
                          counted(latency->samples.size(), "sample"),
                          counted(static_cast<std::size_t>(latency->calls), "call"),
                          seconds_text(latency->mean), seconds_text(latency->std), seconds_text(latency->min),
                          seconds_text(latency->p05), seconds_text(latency->p95)));
  }
  facts.add_if("no device", record.no_device);
  facts.add_if("no graph", record.no_graph);
  if (const auto ratio = launch_bound(record))
    facts.add("launch-bound", fmt::format("host / device {:.2f}", *ratio));
  if (record.attained)
    facts.add("attained",
              fmt::format("{:.1f} % of what this machine's {} allows", 100 * record.attained->roofline,
                          record.attained->memory_bound ? "bandwidth" : "peak"));
}

void add_circumstances(Facts& facts, const Record& record) {
  if (!record.pairing && !record.conditions && record.disturbed.empty()) return;
  facts.paragraph("How it was measured");
  if (const auto& pairing = record.pairing) {
    facts.add("rounds",
              fmt::format("{} in {}; ended by {}", pairing->ends.empty() ? 0 : pairing->ends.back(),
                          counted(pairing->ends.size(), "layout"),
                          pairing->stopped == "precise" ? "the precision asked for" : "its budget"));
    if (pairing->set_aside > 0)
      facts.add("set aside", fmt::format("{} disturbed rounds", pairing->set_aside));
  }
  facts.add("disturbed", record.disturbed.empty() ? std::string("no") : join(record.disturbed, "; "));
  if (record.page_faults)
    facts.add("page faults",
              fmt::format("{} in {} samples", record.page_faults->total, record.page_faults->samples));
  if (record.equality)
    facts.add("equal to train", fmt::format("within {:.1e} of the largest output (allowed: {:.1e})",
                                            record.equality->relative, record.equality->tolerance));
  if (record.kernel) facts.add("kernel", fmt::format("{}: {}", record.kernel->scheme, record.kernel->why));
  facts.add_if("output", record.output);
}

void add_company(Facts& facts, const Explanation& explanation) {
  if (explanation.company.empty()) return;
  facts.paragraph(fmt::format("In its rounds (group {})", explanation.record->pairing->group));
  for (const auto* cell : explanation.company) {
    std::string what = fmt::format("{} {}, {} channels, {}", cell->variant, name(cell->form),
                                   label("channels", cell->channels), label("resolution", cell->resolution));
    if (cell == explanation.cell) what += ", this cell";
    if (cell->id == explanation.record->pairing->baseline) what += ", the group's baseline, with a twin";
    facts.add(cell->id, what);
  }
}

/// An interval that is open says nothing.
std::string known_ratio(const Estimate& ratio) {
  return std::isfinite(ratio.high) ? ratio_text(ratio)
                                   : fmt::format("{:.3f} (interval not known)", ratio.value);
}

std::string floor_text(double floor) {
  return floor > 0 ? fmt::format("noise floor ±{:.2g} %", 100 * std::expm1(floor))
                   : std::string("noise floor not known");
}

std::string standing_text(const AgainstBaseline& standing) {
  const auto text = fmt::format("{} × {}", known_ratio(standing.ratio), standing.baseline_name);
  if (standing.exact) return text;
  return fmt::format("{}, {}; {} ({})", text, standing.paired ? "round by round" : "not in the same rounds",
                     standing.beyond_noise ? "beyond noise" : "no difference beyond noise",
                     floor_text(standing.floor));
}

void add_showings(Facts& facts, const Explanation& explanation) {
  facts.paragraph("Shown in");
  for (const auto& showing : explanation.shown_in) {
    std::vector<std::string> labels;
    for (const auto& [dimension, label] : showing.at)
      if (!label.empty()) labels.push_back(fmt::format("{} {}", dimension, label));
    facts.add(showing.section, fmt::format("\"{}\" at {}", showing.title, join(labels)));
    for (const auto& standing : showing.standings) facts.add("· " + standing.metric, standing_text(standing));
  }
}

void add_claims(Facts& facts, const std::vector<Verdict>& claims) {
  if (claims.empty()) return;
  facts.paragraph("Claims that rest on it");
  for (const auto& verdict : claims) {
    facts.add(verdict.claim.id, fmt::format("{}: {}", name(verdict.outcome), verdict.claim.text));
    if (verdict.effect)
      facts.add("", fmt::format("{} is {}", verdict.effect_of, ratio_text(*verdict.effect)));
    facts.add_if("", verdict.why);
  }
}

void add_environment(Facts& facts, const Explanation& explanation) {
  const auto& environment = explanation.environment;
  facts.paragraph("Measured on");
  if (explanation.other_environment)
    facts.add("environment", fmt::format("{}, another than the run began in: environment-{}.json",
                                         explanation.record->environment, explanation.record->environment));
  facts.add_if("CPU", environment.cpu);
  facts.add("threads", fmt::format("{} of {} cores", environment.threads, environment.cores));
  facts.add_if("GPU", environment.gpu);
  facts.add_if("CUDA", environment.cuda);
  facts.add_if("LibTorch", environment.libtorch);
  facts.add("build", fmt::format("{}, {}, revision {}", environment.compiler, environment.build_type,
                                 environment.revision));
  facts.add_if("began", environment.time);
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  Facts facts;
  add_cell(facts, *explanation.cell);
  add_outcome(facts, explanation.record);
  if (explanation.record) {
    add_counts(facts, *explanation.record);
    add_clocks(facts, explanation);
    add_circumstances(facts, *explanation.record);
    add_company(facts, explanation);
  }
  add_showings(facts, explanation);
  add_claims(facts, explanation.claims);
  add_environment(facts, explanation);
  facts.paragraph("Again");
  facts.add("", explanation.command);
  return facts.text();
}

}  // namespace ablate
