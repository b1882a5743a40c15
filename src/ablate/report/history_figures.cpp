#include "ablate/report/history_lines.hpp"
#include "ablate/report/history_page.hpp"
#include "ablate/report/history_table.hpp"
#include "ablate/report/measured.hpp"
#include "ablate/report/series_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace ablate {
namespace {

/// The cells of one input: those of a picture differ in variant and form.
using InputLines = std::map<std::string, std::vector<const SeriesCell*>>;

std::string input_of(const Cell& cell) {
  return fmt::format("{}, {}, batch {}, {} channels, {}", cell.device, name(cell.dtype), cell.batch,
                     label("channels", cell.channels), label("resolution", cell.resolution));
}

InputLines lines_by_input(const RunSeries& series) {
  InputLines lines;
  for (const auto& line : series.cells()) lines[input_of(line.cell)].push_back(&line);
  return lines;
}

std::string line_name(const SeriesCell& line) {
  return fmt::format("{}, {}", line.cell.variant, name(line.cell.form));
}

std::string point_text(const History& history, const SeriesCell& line, std::size_t run, const Unit& unit,
                       const std::string& commit) {
  const auto& level = *line.readings[run].level;
  auto text =
      fmt::format("{}, {}: {:.4g} {}, {:.4g} to {:.4g}", line_name(line), commit, level.value * unit.per_si,
                  unit.name, level.low * unit.per_si, level.high * unit.per_si);
  if (const auto* change = judged(history.series, line, run); change && change->decisive)
    text += fmt::format("; {} × the commit before: {}", ratio_text_cell(change->decisive, {}).text,
                        name(*change->change));
  return text;
}

/// A line's points, and apart from them those that are marked.
struct DrawnLine {
  Series all;
  std::vector<FigurePoint> slower, faster;
};

DrawnLine draw_line(const History& history, const SeriesCell& line, const Unit& unit,
                    const CommitNames& commits) {
  DrawnLine drawn{{line_name(line), Mark::line, {}, {}, 0, false}, {}, {}};
  for (std::size_t run = 0; run < commits.size(); ++run) {
    const auto& reading = line.readings[run];
    if (!reading.level) continue;
    FigurePoint point;
    point.x = static_cast<double>(run);
    point.y = reading.level->value * unit.per_si;
    if (std::isfinite(reading.level->high) && reading.level->low > 0) {
      point.low = reading.level->low * unit.per_si;
      point.high = reading.level->high * unit.per_si;
    }
    point.text = point_text(history, line, run, unit, commits[run]);
    point.cell = line.cell.id;
    const auto mark = mark_of(judged(history.series, line, run));
    drawn.all.points.push_back(point);
    point.low = point.high = {};
    if (mark == "↑") drawn.slower.push_back(point);
    if (mark == "↓") drawn.faster.push_back(point);
  }
  return drawn;
}

/// A number for each name, in the order in which they come.
int number_in(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  const auto number = static_cast<int>(found - names.begin());
  if (found == names.end()) names.push_back(name);
  return number;
}

FigureAxis commit_axis(const CommitNames& commits) {
  return {"commit", Scale::category, commits, {}, false, {}, {}};
}

std::vector<double> levels_in(const std::vector<const SeriesCell*>& lines, const Unit& unit) {
  std::vector<double> values;
  for (const auto* line : lines)
    for (const auto& reading : line->readings)
      if (reading.level) values.push_back(reading.level->value * unit.per_si);
  return values;
}

Figure input_figure(const History& history, const std::string& input,
                    const std::vector<const SeriesCell*>& lines, const CommitNames& commits) {
  const auto unit = latency_unit(history.series);
  Figure figure;
  figure.id = figure_id("history-" + machine_of(history) + "-" + input);
  figure.title = input;
  figure.x = commit_axis(commits);
  figure.y = value_axis(fmt::format("latency ({})", unit.name), levels_in(lines, unit));
  Series slower{"slower than before", Mark::points, {}, -1, 1, false};
  Series faster{"faster than before", Mark::points, {}, -1, 2, false};
  std::vector<std::string> variants, forms;
  for (const auto* line : lines) {
    auto drawn = draw_line(history, *line, unit, commits);
    if (drawn.all.points.empty()) continue;
    drawn.all.colour = number_in(variants, line->cell.variant);
    drawn.all.dash = number_in(forms, std::string(name(line->cell.form)));
    figure.series.push_back(std::move(drawn.all));
    slower.points.insert(slower.points.end(), drawn.slower.begin(), drawn.slower.end());
    faster.points.insert(faster.points.end(), drawn.faster.begin(), drawn.faster.end());
  }
  figure.alternative = fmt::format(
      "Latency of {} cells over {} commits; {} times slower and {} times faster "
      "than at the commit before. The table has the numbers.",
      figure.series.size(), commits.size(), slower.points.size(), faster.points.size());
  for (auto* marked : {&slower, &faster})
    if (!marked->points.empty()) figure.series.push_back(std::move(*marked));
  return figure;
}

/// Lines of the cells whose count changed; nothing where none did.
std::optional<Figure> count_figure(const History& history, const ExactCount& count,
                                   const CommitNames& commits) {
  Figure figure;
  std::vector<double> values;
  for (const auto& line : history.series.cells()) {
    Series drawn{
        line_name(line) + ", " + label("channels", line.cell.channels), Mark::line, {}, {}, 0, false};
    std::set<std::int64_t> different;
    for (std::size_t run = 0; run < commits.size(); ++run)
      if (const auto number = count_of(line.readings[run], count)) {
        FigurePoint point;
        point.x = static_cast<double>(run);
        point.y = static_cast<double>(*number);
        point.text = fmt::format("{}, {}: {} {}", drawn.name, commits[run], *number, count.metric);
        point.cell = line.cell.id;
        drawn.points.push_back(std::move(point));
        different.insert(*number);
      }
    if (different.size() < 2) continue;
    for (const auto& point : drawn.points) values.push_back(point.y);
    figure.series.push_back(std::move(drawn));
  }
  if (figure.series.empty()) return std::nullopt;
  figure.id = figure_id(fmt::format("history-{}-{}", machine_of(history), count.metric));
  figure.title = fmt::format("{} that changed", count.metric);
  figure.alternative =
      fmt::format("{} of {} cells over {} commits.", count.metric, figure.series.size(), commits.size());
  figure.x = commit_axis(commits);
  figure.y = value_axis(count.metric, values);
  return figure;
}

}  // namespace

std::vector<Figure> history_figures(const History& history) {
  const auto commits = commit_labels(history);
  std::vector<Figure> figures;
  for (const auto& [input, lines] : lines_by_input(history.series))
    if (auto figure = input_figure(history, input, lines, commits); !figure.series.empty())
      figures.push_back(std::move(figure));
  for (const auto& count : exact_counts)
    if (auto figure = count_figure(history, count, commits)) figures.push_back(std::move(*figure));
  return figures;
}

}  // namespace ablate
