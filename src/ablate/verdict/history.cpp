#include "ablate/verdict/history.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/record/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>

namespace ablate {
namespace {

/// The runs of one commit on one machine.
using Point = std::vector<ComparedRun>;

bool is_revision(std::string_view word) {
  constexpr std::size_t fewest = 4, most = 64;
  return word.size() >= fewest && word.size() <= most && std::ranges::all_of(word, [](unsigned char c) {
           return std::isxdigit(c) != 0 && std::isupper(c) == 0;
         });
}

/// Either may be the shorter text of the two: "0d41e81" and "0d41e8104c6f-dirty" are one commit's.
bool same_commit(std::string_view listed, std::string_view measured) {
  const auto hash = measured.substr(0, measured.find('-'));
  if (hash.size() < 4) return false;
  const auto digits = std::min(listed.size(), hash.size());
  return listed.substr(0, digits) == hash.substr(0, digits);
}

std::size_t place_in(const std::vector<Commit>& commits, const std::string& revision) {
  const auto found =
      std::ranges::find_if(commits, [&](const auto& each) { return same_commit(each.revision, revision); });
  return static_cast<std::size_t>(found - commits.begin());
}

bool same_point(const ComparedRun& a, const ComparedRun& b) {
  return a.environment.revision == b.environment.revision && is_revision(a.environment.revision);
}

bool same_machine(const ComparedRun& a, const ComparedRun& b) {
  return machine_differences(b.environment, a.environment).empty();
}

ComparedRun pooled(const Point& point) {
  auto run = point.front();
  if (point.size() == 1) return run;
  std::map<std::string, std::vector<Record>> by_cell;
  for (const auto& each : point)
    for (const auto& [id, record] : each.records) by_cell[id].push_back(record);
  for (auto& [id, records] : by_cell) run.records.insert_or_assign(id, pool_processes(records));
  for (std::size_t i = 1; i < point.size(); ++i) run.name += ", " + point[i].name;
  run.floors = noise_floors(run.records);
  return run;
}

/// Into groups of runs that are alike, each where its first run stands.
template <typename Alike>
std::vector<Point> grouped(std::vector<ComparedRun> runs, Alike alike) {
  std::vector<Point> groups;
  for (auto& run : runs) {
    const auto found =
        std::ranges::find_if(groups, [&](const auto& group) { return alike(group.front(), run); });
    if (found == groups.end())
      groups.push_back({std::move(run)});
    else
      found->push_back(std::move(run));
  }
  return groups;
}

/// The last run against the first that has each of its cells. Cells of different firsts are in different
/// comparisons.
std::vector<CellComparison> overall_changes(const RunSeries& series) {
  const auto& runs = series.runs();
  std::vector<CellComparison> changes;
  if (runs.size() < 3) return changes;
  std::set<std::string> seen;
  for (std::size_t first = 0; first + 1 < runs.size(); ++first) {
    std::set<std::string> begin_here;
    for (const auto& [id, record] : runs[first].records)
      if (seen.insert(id).second && runs.back().records.contains(id)) begin_here.insert(id);
    if (begin_here.empty()) continue;
    for (auto& cell : compare_runs(runs[first], runs.back(), series.rules()).cells)
      if (begin_here.contains(cell.cell.id)) changes.push_back(std::move(cell));
  }
  return changes;
}

History history_of(std::vector<ComparedRun> runs, const std::vector<Commit>& commits,
                   const ComparisonRules& rules) {
  std::vector<ComparedRun> points;
  std::vector<std::size_t> sizes;
  for (const auto& point : grouped(std::move(runs), same_point)) {
    points.push_back(pooled(point));
    sizes.push_back(point.size());
  }
  std::vector<std::string> subjects;
  for (const auto& point : points) {
    const auto place = place_in(commits, point.environment.revision);
    subjects.push_back(place < commits.size() ? commits[place].subject : "");
  }
  History history{
      RunSeries(std::move(points), Against::before, rules), std::move(subjects), std::move(sizes), {}, {}};
  history.overall = overall_changes(history.series);
  return history;
}

}  // namespace

std::vector<Commit> parse_commits(const std::string& text, const std::string& where) {
  std::vector<Commit> commits;
  std::size_t number = 0;
  for (const auto& line : split(text, '\n')) {
    ++number;
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    const auto end = line.find_first_of(" \t\r", begin);
    const auto revision = line.substr(begin, end - begin);
    if (!is_revision(revision))
      throw UserError(
          fmt::format("{}:{}", where, number), fmt::format("\"{}\"", revision),
          "a revision of four lower-case hexadecimal digits or more, and its subject behind a space, "
          "oldest first, as git log --reverse --format='%h %s' prints it");
    const auto subject = end == std::string::npos ? end : line.find_first_not_of(" \t\r", end);
    commits.push_back({revision, subject == std::string::npos ? "" : line.substr(subject)});
  }
  return commits;
}

std::vector<History> histories_of(std::vector<ComparedRun> runs, const std::vector<Commit>& commits,
                                  const ComparisonRules& rules) {
  std::vector<std::string> left_out;
  const auto place = [&](const ComparedRun& run) { return place_in(commits, run.environment.revision); };
  std::erase_if(runs, [&](const auto& run) {
    const bool unknown = !commits.empty() && place(run) == commits.size();
    if (unknown) left_out.push_back(fmt::format("{} ({})", run.name, run.environment.revision));
    return unknown;
  });
  if (runs.empty())
    throw UserError(left_out.empty() ? "history" : join(left_out), "no run of a listed commit",
                    "runs of the commits in the list");
  std::ranges::stable_sort(
      runs, {}, [&](const auto& run) { return std::tuple(place(run), run.environment.time, run.name); });
  std::vector<History> histories;
  for (auto& machine : grouped(std::move(runs), same_machine))
    histories.push_back(history_of(std::move(machine), commits, rules));
  if (!left_out.empty())
    histories.front().remarks.push_back(
        fmt::format("left out, since the list of commits lacks them: {}", join(left_out)));
  return histories;
}

int exit_code(const std::vector<History>& histories) {
  return std::ranges::any_of(histories, [](const auto& history) {
    const auto& last = history.series.comparison(history.series.runs().size() - 1);
    return last && exit_code(*last) != 0;
  });
}

}  // namespace ablate
