#include "ablate/verdict/compare.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/verdict/compare_latency.hpp"
#include "ablate/verdict/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace ablate {
namespace {

/// What may differ between runs that are compared, since it is often the very thing that changed. All else of
/// an environment decides how fast a block can be.
const std::set<std::string>& allowed_to_differ() {
  static const std::set<std::string> names{"governor", "compiler", "build_type", "flags", "revision", "os"};
  return names;
}

std::vector<std::string> that_matter(const std::vector<std::string>& differing) {
  std::vector<std::string> matter;
  for (const auto& each : differing)
    if (!allowed_to_differ().contains(each.substr(0, each.find(':')))) matter.push_back(each);
  return matter;
}

std::string text_of(Status status) {
  return status == Status::ok ? "ok" : status == Status::skipped ? "skipped" : "failed";
}

std::string status_of(const Record& record) {
  return record.reason.empty() ? text_of(record.status)
                               : fmt::format("{}: {}", text_of(record.status), record.reason);
}

bool have_outputs(const Record& a, const Record& b) { return !a.output.empty() && !b.output.empty(); }

/// On another machine outputs may differ in their last digits, and a device may be missing.
std::vector<ExactDifference> exact_differences(const Record& a, const Record& b, bool same_machine) {
  std::vector<ExactDifference> found;
  const bool one_skipped = a.status == Status::skipped || b.status == Status::skipped;
  if (a.status != b.status && (same_machine || !one_skipped))
    found.push_back({"status", status_of(a), status_of(b)});
  const auto compare = [&](const char* what, std::int64_t Counts::*count) {
    if (a.counts && b.counts && (*a.counts).*count != (*b.counts).*count)
      found.push_back({what, with_thousands((*a.counts).*count), with_thousands((*b.counts).*count)});
  };
  compare("params", &Counts::params);
  compare("buffers", &Counts::buffers);
  compare("macs", &Counts::macs);
  compare("bytes", &Counts::bytes);
  if (same_machine && have_outputs(a, b) && a.output != b.output)
    found.push_back({"output", a.output, b.output});
  return found;
}

/// The record that the cell was interleaved with; null where there is none, and for the baseline itself.
const Record* baseline_of(const Record& record, const Records& records) {
  if (!record.pairing || record.pairing->baseline == record.cell.id) return nullptr;
  const auto found = records.find(record.pairing->baseline);
  return found == records.end() ? nullptr : &found->second;
}

CellComparison compare_cell(const Record& a, const Record& b, const ComparedRun& run_a,
                            const ComparedRun& run_b, double confidence, bool same_machine, double shift) {
  CellComparison cell;
  cell.cell = a.cell;
  cell.differences = exact_differences(a, b, same_machine);
  if (a.status != Status::ok || b.status != Status::ok) return cell;
  const auto *baseline_a = baseline_of(a, run_a.records), *baseline_b = baseline_of(b, run_b.records);
  const bool same_baseline = baseline_a && baseline_b && baseline_a->cell.id == baseline_b->cell.id;
  compare_latency({a, b, same_baseline ? baseline_a : nullptr, same_baseline ? baseline_b : nullptr, shift},
                  run_a, run_b, confidence, cell);
  return cell;
}

void add_remarks_on(const ComparedRun& run, const char* letter, const std::vector<CellComparison>& cells,
                    std::vector<std::string>& remarks) {
  std::set<std::string> timed;
  for (const auto& cell : cells)
    if (!cell.levels.empty()) timed.insert(cell.cell.device);
  for (const auto& floor : run.floors) timed.erase(floor.device);
  for (const auto& device : timed)
    remarks.push_back(
        fmt::format("{} has no noise floor on {}: only the paired protocol measures it, so a difference may "
                    "be the machine's",
                    letter, device));
  const auto own = hash(run.environment);
  const auto elsewhere = std::ranges::count_if(run.records, [&](const auto& entry) {
    return !entry.second.environment.empty() && entry.second.environment != own;
  });
  if (elsewhere > 0)
    remarks.push_back(fmt::format("{} of {}'s cells were measured in another environment than its first",
                                  elsewhere, letter));
}

/// All cells of a device moving alike is the machine's doing, or the build's: the levels cannot tell.
void add_drift(const std::vector<CellComparison>& cells, const std::map<std::string, double>& shifts,
               std::vector<std::string>& remarks) {
  std::map<std::string, std::vector<double>> ratios;
  for (const auto& cell : cells)
    if (!cell.levels.empty()) ratios[cell.cell.device].push_back(cell.levels.front().ratio.value);
  for (const auto& [device, of_cells] : ratios) {
    remarks.push_back(fmt::format("median ratio of all cells on {}: {:.3f}", device, median_of(of_cells)));
    if (const auto shift = shifts.find(device); shift != shifts.end())
      remarks.push_back(fmt::format(
          "single processes: levels on {} may differ by {:.1f} % without a cause in the code; run both with "
          "--processes 3 to see less",
          device, 100 * std::expm1(shift->second)));
  }
}

/// What asks for attention first.
auto rank(const CellComparison& cell) {
  const auto change = cell.change ? static_cast<int>(*cell.change) : static_cast<int>(change_names.size());
  return std::tuple(!cell.regression, change, cell.decisive ? -cell.decisive->value : 0.0, cell.cell.variant,
                    cell.cell.channels, cell.cell.resolution, cell.cell.id);
}

[[noreturn]] void refuse(const ComparedRun& a, const ComparedRun& b, const std::vector<std::string>& matter) {
  throw UserError(fmt::format("{} against {}", b.name, a.name),
                  fmt::format("measured in different environments ({})", join(matter)),
                  "runs on the same machine with the same libraries, or --across-machines");
}

}  // namespace

std::size_t Comparison::count(Change change) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cells, [&](const auto& cell) { return cell.change == change; }));
}

std::size_t Comparison::regressions() const {
  return static_cast<std::size_t>(std::ranges::count(cells, true, &CellComparison::regression));
}

std::size_t Comparison::cells_that_differ() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cells, [](const auto& cell) { return !cell.differences.empty(); }));
}

std::vector<std::string> machine_differences(const Environment& b, const Environment& a) {
  return that_matter(differences(b, a));
}

Comparison compare_runs(const ComparedRun& a, const ComparedRun& b, const ComparisonRules& rules) {
  Comparison comparison{a.name, b.name, rules, false, differences(b.environment, a.environment),
                        {},     {},     {},    {}};
  const auto matter = that_matter(comparison.environment_differs);
  comparison.other_machine = !matter.empty();
  if (comparison.other_machine && !rules.across_machines) refuse(a, b, matter);
  for (const auto& [id, record] : a.records)
    if (const auto found = b.records.find(id); found != b.records.end()) {
      const bool same_machine = !comparison.other_machine;
      comparison.cells.push_back(
          compare_cell(record, found->second, a, b, rules.confidence, same_machine, 0));
      if (same_machine && have_outputs(record, found->second)) ++comparison.outputs;
    } else {
      comparison.only_a.push_back(record.cell);
    }
  for (const auto& [id, record] : b.records)
    if (!a.records.contains(id)) comparison.only_b.push_back(record.cell);
  if (comparison.cells.empty())
    throw UserError(fmt::format("{} against {}", b.name, a.name), "no cell in common",
                    "runs of the same study, with the same protocol");
  const auto shifts = process_shifts(comparison.cells, a, b);
  for (auto& cell : comparison.cells)
    if (const auto shift = shifts.find(cell.cell.device); shift != shifts.end() && !cell.levels.empty())
      cell = compare_cell(a.records.at(cell.cell.id), b.records.at(cell.cell.id), a, b, rules.confidence,
                          !comparison.other_machine, shift->second);
  decide(comparison.cells, rules);
  add_remarks_on(a, "A", comparison.cells, comparison.remarks);
  add_remarks_on(b, "B", comparison.cells, comparison.remarks);
  add_drift(comparison.cells, shifts, comparison.remarks);
  std::ranges::sort(comparison.cells, {}, rank);
  return comparison;
}

int exit_code(const Comparison& comparison) {
  return comparison.regressions() > 0 || comparison.cells_that_differ() > 0 ? 1 : 0;
}

}  // namespace ablate
