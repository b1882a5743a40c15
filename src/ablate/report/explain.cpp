#include "ablate/report/explain.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/verdict/contrast.hpp"
#include "ablate/verdict/section_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

constexpr double explained_confidence = 0.95;

std::string with_id(const Cell& cell) {
  return fmt::format("{} ({} {} {} {})", cell.id, cell.variant, name(cell.form), cell.device,
                     label("channels", cell.channels));
}

std::vector<ClockReading> clock_readings(const Record& record) {
  std::vector<ClockReading> readings;
  const auto ends = record.pairing ? stretches(*record.pairing) : std::vector<std::size_t>{};
  for (const auto clock : {Clock::host, Clock::device, Clock::graph, Clock::launch}) {
    if (record.cell.device == "cpu" && clock != Clock::host) continue;
    if (const auto* latency = latency_on(record, clock))
      readings.push_back({clock, latency, level(latency->samples, ends, explained_confidence)});
  }
  return readings;
}

std::vector<AgainstBaseline> standings_of(const SectionView& view, const Placement& placement,
                                          const Contrasts& contrasts) {
  std::vector<AgainstBaseline> standings;
  if (!view.section().baseline) return standings;
  const auto* baseline = view.find(placement.at, *view.section().baseline);
  if (!baseline || baseline == &placement) return standings;
  const auto *own = view.record(placement), *other = view.record(*baseline);
  if (!own || !other) return standings;
  for (const auto& metric : view.section().metrics) {
    const auto* known = metric_named(metric);
    if (!known || !known->comparable) continue;
    const auto contrast = contrasts.between(*own, *other, metric);
    if (!contrast) continue;
    AgainstBaseline standing{metric, other->cell.id, {}, contrast->exact(), contrast->paired(), false, {}, 0};
    standing.baseline_name = fmt::format("{} {}", other->cell.variant, name(other->cell.form));
    standing.ratio = contrast->ratio(explained_confidence);
    standing.floor = contrast->floor();
    const auto& ratio = standing.ratio;
    standing.beyond_noise =
        (ratio.low > 1 || ratio.high < 1) && std::abs(std::log(ratio.value)) > standing.floor;
    standings.push_back(std::move(standing));
  }
  return standings;
}

std::vector<Showing> showings_of(const ExplainedRun& run, const Cell& cell) {
  std::vector<Showing> showings;
  const Contrasts contrasts(run.records);
  for (const auto& planned : run.plan.sections) {
    const SectionView view(run.study, run.plan, planned, run.records);
    for (const auto& placement : planned.placements)
      if (view.cell(placement).id == cell.id)
        showings.push_back({view.section().id, view.section().title, placement.at,
                            standings_of(view, placement, contrasts)});
  }
  return showings;
}

/// Those that say they were in its rounds, where the cell was measured in rounds; else those of its group.
std::vector<const Cell*> company_of(const ExplainedRun& run, const Record& record) {
  std::vector<const Cell*> company;
  if (!record.pairing) return company;
  for (const auto& cell : run.plan.cells)
    if (const auto found = run.records.find(cell.id); found != run.records.end() && found->second.pairing &&
                                                      found->second.pairing->group == record.pairing->group)
      company.push_back(&cell);
  return company;
}

}  // namespace

const Cell& cell_named(const Plan& plan, const std::string& id, const std::string& where) {
  std::vector<const Cell*> found;
  std::vector<std::string> ids, like;
  for (const auto& cell : plan.cells) {
    ids.push_back(cell.id);
    if (!id.empty() && cell.id.starts_with(id)) found.push_back(&cell);
  }
  if (found.size() == 1) return *found.front();
  constexpr std::size_t most = 6;
  for (const auto* cell : found)
    if (like.size() < most) like.push_back(with_id(*cell));
  if (found.size() > 1)
    throw UserError(where, fmt::format("{} cells begin with \"{}\"", found.size(), id), join(like));
  const auto meant = nearest(id, ids);
  const auto known = std::ranges::find(plan.cells, meant, &Cell::id);
  throw UserError(
      where, fmt::format("no cell is \"{}\"", id),
      fmt::format(
          "the id of one of {} cells, or how it begins{}", plan.cells.size(),
          known == plan.cells.end() ? std::string() : fmt::format(" (did you mean {}?)", with_id(*known))),
      fmt::format("see: ablate plan {}/study.json", where));
}

Explanation explain(const ExplainedRun& run, const Cell& cell) {
  Explanation explanation;
  explanation.cell = &cell;
  explanation.environment = run.environment;
  explanation.command = fmt::format("ablate run {}/study.json --cell {}", run.directory, cell.id);
  explanation.shown_in = showings_of(run, cell);
  const auto found = run.records.find(cell.id);
  if (found == run.records.end()) return explanation;
  const auto& record = found->second;
  explanation.record = &record;
  explanation.clocks = clock_readings(record);
  explanation.company = company_of(run, record);
  explanation.other_environment = record.environment != hash(run.environment);
  for (auto& verdict : judge(run.study, run.plan, run.records))
    if (std::ranges::find(verdict.grounds, cell.id, &Grounds::cell) != verdict.grounds.end())
      explanation.claims.push_back(std::move(verdict));
  return explanation;
}

}  // namespace ablate
