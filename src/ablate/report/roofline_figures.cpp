#include "ablate/base/text.hpp"
#include "ablate/record/values.hpp"
#include "ablate/report/cell_labels.hpp"
#include "ablate/report/numbers.hpp"
#include "ablate/report/section_figures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// Operations a byte of least traffic; two a multiplication.
std::optional<double> intensity(const Record& record) {
  if (!record.counts || record.counts->bytes <= 0 || record.counts->macs <= 0) return std::nullopt;
  return 2 * static_cast<double>(record.counts->macs) / static_cast<double>(record.counts->bytes);
}

std::string words_of(const std::vector<TableCell>& row) {
  std::vector<std::string> words;
  for (const auto& cell : row) words.push_back(cell.text);
  return join(words);
}

/// Where the sloping roof of bandwidth meets the level one of arithmetic.
Series roof_of(const Peaks& peaks, double least, double most, double per_si) {
  const auto ridge = peaks.fma_flop_per_s / peaks.copy_byte_per_s;
  const auto height = [&](double x) {
    return std::min(peaks.fma_flop_per_s, x * peaks.copy_byte_per_s) * per_si;
  };
  Series roof{"what the machine was measured to do", Mark::rule, {}, -1, 0, false};
  for (const auto x : {least, std::clamp(ridge, least, most), most})
    roof.points.push_back({x, height(x), {}, {}, 0, {}, {}, false});
  return roof;
}

std::vector<const Record*> cells_under(const Plan& plan, const Records& records, const std::string& device) {
  std::vector<const Record*> cells;
  for (const auto& cell : plan.cells)
    if (const auto found = records.find(cell.id); found != records.end() && cell.device == device)
      if (found->second.attained && intensity(found->second)) cells.push_back(&found->second);
  return cells;
}

/// One series a block: variants may be many.
std::vector<Series> series_by_block(const std::vector<const Record*>& cells, double per_si) {
  std::vector<Series> all;
  std::vector<const Cell*> plain;
  for (const auto* record : cells) plain.push_back(&record->cell);
  const CellLabels labels(plain);
  for (const auto* record : cells) {
    auto found = std::ranges::find(all, record->cell.block, &Series::name);
    if (found == all.end())
      found = all.insert(all.end(),
                         {record->cell.block, Mark::points, {}, static_cast<int>(all.size()), 0, false});
    const auto text = fmt::format("{}: {}, {} of the roofline", words_of(labels.row(record->cell)),
                                  quantity_text(*record, "throughput.flops", record->attained->flop_per_s),
                                  quantity_text(*record, "roofline", record->attained->roofline));
    found->points.push_back({*intensity(*record),
                             record->attained->flop_per_s * per_si,
                             {},
                             {},
                             0,
                             text,
                             record->cell.id,
                             false});
  }
  return all;
}

Figure roofline_figure(const std::string& device, const Peaks& peaks,
                       const std::vector<const Record*>& cells) {
  std::vector<double> rates, intensities;
  for (const auto* record : cells) {
    rates.push_back(record->attained->flop_per_s);
    intensities.push_back(*intensity(*record));
  }
  const auto unit = unit_for("flop/s", rates);
  const auto [least, most] = std::ranges::minmax(intensities);
  const auto ridge = peaks.fma_flop_per_s / peaks.copy_byte_per_s;
  Figure figure;
  figure.id = figure_id("roofline-" + device);
  figure.title = fmt::format("Roofline, {}", device);
  figure.alternative = fmt::format(
      "{} under the measured roof of {} ({:.3g} TB/s copied, {:.3g} TFLOP/s in float32).",
      counted(cells.size(), "cell"), device, peaks.copy_byte_per_s * 1e-12, peaks.fma_flop_per_s * 1e-12);
  figure.x = {"operations a byte of least traffic", Scale::log, {}, {}, false, {}, {}};
  figure.y = {fmt::format("attained ({})", unit.name), Scale::log, {}, {}, false, {}, {}};
  figure.series = series_by_block(cells, unit.per_si);
  figure.series.insert(figure.series.begin(),
                       roof_of(peaks, 0.7 * least, 1.4 * std::max(most, ridge), unit.per_si));
  figure.height = 22;
  return figure;
}

}  // namespace

std::vector<Figure> roofline_figures(const Plan& plan, const Records& records,
                                     const Environment& environment) {
  std::vector<Figure> figures;
  for (const auto& [device, peaks] : environment.peaks) {
    const auto cells = cells_under(plan, records, device);
    if (!cells.empty() && peaks.copy_byte_per_s > 0 && peaks.fma_flop_per_s > 0)
      figures.push_back(roofline_figure(device, peaks, cells));
  }
  return figures;
}

}  // namespace ablate
