#include "ablate/report/verdicts.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

TableCell text_cell(const std::string& text) { return {text.empty() ? "—" : text, text, {}}; }

TableCell effect_cell(const Verdict& verdict) {
  if (!verdict.effect) return {"—", {}, {}};
  const auto value = verdict.effect->value;
  TableCell cell{ratio_text(*verdict.effect), {}, {}};
  if (std::isfinite(value)) cell.value = value;
  return cell;
}

/// What it rests on, as ids for a program and as the deciding pair for a person.
TableCell grounds_cell(const Verdict& verdict) {
  std::vector<std::string> ids;
  for (const auto& grounds : verdict.grounds) ids.push_back(grounds.cell);
  const auto& deciding = verdict.effect_of;
  return {deciding.empty() ? "—" : deciding, join(ids, " "), {}};
}

/// "4 of 6, 1 open".
TableCell points_cell(const Verdict& verdict) {
  const auto all = verdict.holds + verdict.fails + verdict.open;
  if (all == 0) return {"—", {}, {}};
  auto text = fmt::format("{} of {}", verdict.holds, all);
  if (verdict.open > 0) text += fmt::format(", {} open", verdict.open);
  return {text, fmt::format("holds {}, fails {}, open {}", verdict.holds, verdict.fails, verdict.open), {}};
}

std::string percent_text(double limit) { return fmt::format("{:.2g} %", 100 * std::expm1(limit)); }

}  // namespace

std::string ratio_text(const Estimate& ratio) {
  if (ratio.low == ratio.high) return fmt::format("{:.3f}", ratio.value);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", ratio.value, ratio.low, ratio.high);
}

std::string count_text(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> counts;
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    counts.push_back(
        fmt::format("{} {}", std::ranges::count(verdicts, outcome, &Verdict::outcome), name(outcome)));
  }
  return fmt::format("{}: {}", counted(verdicts.size(), "claim"), join(counts));
}

Table verdict_table(const std::vector<Verdict>& verdicts, const Records& records) {
  Table table{"summary", "Claims, and what the records say of them", {}, {}, {}};
  const auto expects = [](const Verdict& verdict) { return verdict.claim.expect.has_value(); };
  const bool expected = std::ranges::any_of(verdicts, expects);
  table.columns = {{"claim", "", "", false},
                   {"verdict", "claim.verdict", "", false},
                   {"ratio", "claim.ratio", "", false},
                   {"holds at", "claim.points", "", false}};
  if (expected) table.columns.push_back({"expected", "claim.expected", "", false});
  table.columns.push_back({"why", "claim.why", "", false});
  table.columns.push_back({"rests on", "claim.cells", "", false});
  table.columns.push_back({"statement", "claim.text", "", false});
  for (const auto& verdict : verdicts) {
    std::vector<TableCell> row{text_cell(verdict.claim.id), text_cell(std::string(name(verdict.outcome))),
                               effect_cell(verdict), points_cell(verdict)};
    if (expected)
      row.push_back(text_cell(expects(verdict) ? std::string(name(*verdict.claim.expect)) : std::string()));
    const auto& never = verdict.claim.untested;
    row.push_back(never.empty() ? text_cell(verdict.why) : TableCell{"—", never, {}});
    row.push_back(grounds_cell(verdict));
    row.push_back(text_cell(verdict.claim.text));
    if (!never.empty()) row.back().text += fmt::format(" ({})", never);
    table.rows.push_back(std::move(row));
  }
  table.notes = {count_text(verdicts),
                 fmt::format("corrected over all claims (Holm, {:g} %); each interval is as wide as its "
                             "verdict asks, and points are counted by the same measure",
                             100 * claims_alpha)};
  for (auto& line : floor_notes(records)) table.notes.push_back(std::move(line));
  for (const auto& line : surprises(verdicts)) table.notes.push_back("not as expected: " + line);
  return table;
}

std::vector<std::string> floor_notes(const Records& records) {
  std::vector<std::string> floors;
  for (const auto& floor : noise_floors(records))
    floors.push_back(fmt::format("{} {} ±{}, widest ±{} (A/A of {})", floor.device, name(floor.clock),
                                 percent_text(floor.typical()), percent_text(floor.limit),
                                 counted(floor.groups, "group")));
  if (floors.empty()) return {};
  return {"noise floor: " + join(floors)};
}

Table floor_table(const Records& records) {
  Table table{
      "summary", "Noise floor: each group's baseline against a second instance of itself", {}, {}, {}};
  table.notes = {
      "no difference nearer to 1 than the floor is called one: that of its own group, and at least this "
      "median of all "
      "groups'; the ratio is that of the group whose 95 % interval reaches farthest, the widest"};
  table.columns = {{"device", "", "", false},
                   {"clock", "", "", false},
                   {"groups", "floor.groups", "", true},
                   {"ratio", "floor.ratio", "", false},
                   {"floor", "floor.typical", "", true},
                   {"widest", "floor.limit", "", true}};
  for (const auto& floor : noise_floors(records))
    table.rows.push_back({text_cell(floor.device),
                          text_cell(std::string(name(floor.clock))),
                          {fmt::format("{}", floor.groups), static_cast<double>(floor.groups), {}},
                          {ratio_text(floor.ratio), floor.ratio.value, {}},
                          {"±" + percent_text(floor.typical()), std::expm1(floor.typical()), {}},
                          {"±" + percent_text(floor.limit), std::expm1(floor.limit), {}}});
  return table;
}

}  // namespace ablate
