#include "ablate/report/overlay_page.hpp"

#include "ablate/base/text.hpp"
#include "ablate/report/cell_labels.hpp"
#include "ablate/report/html_page.hpp"
#include "ablate/report/measured.hpp"
#include "ablate/report/series_cells.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace ablate {
namespace {

using RunLabels = std::vector<std::string>;

/// The timed cells of one variant on one device.
struct OverlayRows {
  std::vector<const SeriesCell*> lines;
  std::vector<std::string> labels;  ///< what tells each from the others
};

std::string row_label(const CellLabels& labels, const Cell& cell) {
  std::vector<std::string> texts;
  for (const auto& text : labels.row(cell))
    if (!text.text.empty()) texts.push_back(text.text);
  if (texts.size() > 1) texts.erase(texts.begin());  // the variant, which the title names
  return join(texts);
}

std::map<std::string, OverlayRows> rows_by_variant(const RunSeries& series) {
  std::map<std::string, OverlayRows> by_variant;
  for (const auto* line : timed_cells(series))
    by_variant[fmt::format("{}, {}", line->cell.variant, line->cell.device)].lines.push_back(line);
  for (auto& [variant, rows] : by_variant) {
    const CellLabels labels(cells_of(rows.lines));
    for (const auto* line : rows.lines) rows.labels.push_back(row_label(labels, line->cell));
  }
  return by_variant;
}

/// A point at row `row`, with its interval where that has ends.
FigurePoint point_at(std::size_t row, const Estimate& estimate, double scale) {
  FigurePoint point;
  point.x = estimate.value * scale;
  point.y = static_cast<double>(row);
  if (std::isfinite(estimate.high) && estimate.low > 0) {
    point.low = estimate.low * scale;
    point.high = estimate.high * scale;
  }
  return point;
}

Figure levels_figure(const RunSeries& series, const RunLabels& runs, const std::string& variant,
                     const OverlayRows& rows) {
  const auto unit = latency_unit(series);
  Figure figure;
  figure.id = figure_id("overlay-" + variant);
  figure.title = variant;
  figure.alternative =
      fmt::format("Latencies of {} in {} runs; the table has the numbers.", variant, runs.size());
  figure.y = {"", Scale::category, rows.labels, {}, false, {}, {}};
  std::vector<double> values;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    Series drawn{runs[run], Mark::points, {}, {}, static_cast<int>(run), false};
    for (std::size_t row = 0; row < rows.lines.size(); ++row) {
      const auto& level = rows.lines[row]->readings[run].level;
      if (!level) continue;
      auto point = point_at(row, *level, unit.per_si);
      point.text = fmt::format("{}, {}: {:.4g} {}", rows.labels[row], runs[run], point.x, unit.name);
      point.cell = rows.lines[row]->cell.id;
      values.push_back(point.x);
      drawn.points.push_back(std::move(point));
    }
    if (!drawn.points.empty()) figure.series.push_back(std::move(drawn));
  }
  figure.x = value_axis(fmt::format("latency ({})", unit.name), values);
  return figure;
}

Figure ratios_figure(const RunSeries& series, const RunLabels& runs, const std::string& variant,
                     const OverlayRows& rows) {
  Figure figure;
  figure.id = figure_id("overlay-ratio-" + variant);
  figure.title = fmt::format("{}: ratio to {}", variant, runs.front());
  figure.alternative =
      fmt::format("Ratios to {} with their intervals; the table has the numbers.", runs.front());
  figure.y = {"", Scale::category, rows.labels, {}, false, {}, {}};
  figure.x = {fmt::format("latency / {}'s", runs.front()), Scale::log, {}, {}, false, {}, {}};
  for (std::size_t run = 1; run < runs.size(); ++run) {
    Series drawn{runs[run], Mark::points, {}, static_cast<int>(run), static_cast<int>(run), false};
    for (std::size_t row = 0; row < rows.lines.size(); ++row) {
      const auto* change = judged(series, *rows.lines[row], run);
      if (!change || !change->decisive) continue;
      auto point = point_at(row, *change->decisive, 1);
      point.text =
          fmt::format("{}, {}: {} × {}, {}", rows.labels[row], runs[run],
                      ratio_text_cell(change->decisive, {}).text, runs.front(), name(*change->change));
      point.cell = rows.lines[row]->cell.id;
      point.hollow = mark_of(change).empty();
      drawn.points.push_back(std::move(point));
    }
    if (!drawn.points.empty()) figure.series.push_back(std::move(drawn));
  }
  return figure;
}

}  // namespace

std::vector<Figure> overlay_figures(const RunSeries& series, const std::vector<std::string>& labels) {
  std::vector<Figure> figures;
  for (const auto& [variant, rows] : rows_by_variant(series)) {
    figures.push_back(levels_figure(series, labels, variant, rows));
    if (auto ratios = ratios_figure(series, labels, variant, rows); !ratios.series.empty())
      figures.push_back(std::move(ratios));
  }
  return figures;
}

std::string overlay_page(const RunSeries& series, const std::vector<std::string>& labels,
                         const std::vector<Table>& tables) {
  HtmlPage page;
  page.title = fmt::format("{} over one another", join(labels));
  for (const auto& note : tables.front().notes) page.lead_html += html_paragraph(note);
  page.sections.push_back({"pictures", "Latencies", html_figures(overlay_figures(series, labels))});
  HtmlSection numbers{"tables", "Tables", ""};
  for (std::size_t i = 1; i < tables.size(); ++i) numbers.html += html_table(tables[i]);
  page.sections.push_back(std::move(numbers));
  page.data_json = series_cards({&series});
  return to_html(page);
}

}  // namespace ablate
