#include "ablate/report/measured.hpp"
#include "ablate/report/section_figures.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ablate {
namespace {

/// "64" and "64×64" are 64; nothing for what is no number, or two.
std::optional<double> number_of_label(const std::string& label) {
  const auto cross = label.find("×");
  const auto first = label.substr(0, cross);
  if (cross != std::string::npos && label.substr(cross + std::string_view("×").size()) != first)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), value);
  if (error != std::errc{} || end != first.data() + first.size()) return std::nullopt;
  return value;
}

/// The axis that lines run along, and where its labels stand.
struct Along {
  std::string axis;
  std::vector<std::string> labels;
  std::vector<double> at;
  bool numeric = true;
};

std::optional<Along> axis_of_lines(const SectionView& view) {
  for (const auto& axis : view.section().axes) {
    Along along{axis.name, view.labels(axis.name), {}, true};
    if (along.labels.size() < 2 || axis.name == "device") continue;
    for (const auto& label : along.labels)
      if (const auto number = number_of_label(label)) along.at.push_back(*number);
    if (along.at.size() == along.labels.size()) return along;
    if (axis.name != "channels" && axis.name != "resolution") continue;
    along.numeric = false;
    along.at.clear();
    for (std::size_t i = 0; i < along.labels.size(); ++i) along.at.push_back(static_cast<double>(i));
    return along;
  }
  return std::nullopt;
}

FigureAxis x_axis(const Along& along) {
  const auto title = along.axis == "resolution" ? std::string("resolution (pixels a side)") : along.axis;
  if (!along.numeric) return {title, Scale::category, along.labels, {}, false, {}, {}};
  const auto [least, most] = std::ranges::minmax(along.at);
  const bool wide = least > 0 && most / least >= 4;
  return {title, wide ? Scale::log : Scale::linear, {}, along.at, false, {}, {}};
}

/// Dimensions beside the variant that tell lines apart.
std::vector<std::string> others_of(const SectionView& view, const Along& along) {
  std::vector<std::string> others;
  for (const auto& axis : view.section().axes)
    if (axis.name != along.axis && axis.name != "device" && view.labels(axis.name).size() > 1)
      others.push_back(axis.name);
  return others;
}

/// More lines than this in one picture are told apart by nobody.
constexpr std::size_t kMostLines = 12;

/// One picture of a section: a metric on a device; a count where no device is named. With `only` the lines of
/// that phrase alone, of those that `phrases` tells.
class Sweep {
 public:
  Sweep(const SectionView& view, const Along& along, std::string metric, std::string device,
        std::optional<std::string> only = {})
      : view_(view),
        along_(along),
        metric_(std::move(metric)),
        device_(std::move(device)),
        only_(std::move(only)),
        others_(others_of(view, along_)) {
    for (const auto& placement : view_.placements()) add(placement);
  }

  std::size_t lines() const { return series_.size(); }
  /// What tells the lines of a variant apart.
  const std::vector<std::string>& phrases() const { return rests_; }

  /// Whether another picture has the same lines.
  bool equals(const Sweep& other) const {
    return std::ranges::equal(series_, other.series_, [](const Series& a, const Series& b) {
      return std::ranges::equal(a.points, b.points, {}, &FigurePoint::y, &FigurePoint::y);
    });
  }

  std::optional<Figure> draw() {
    if (values_.size() < 2) return std::nullopt;
    const auto unit = unit_for(metric_named(metric_)->unit, values_);
    std::vector<double> scaled;
    for (const auto value : values_) scaled.push_back(value * unit.per_si);
    for (auto& series : series_) {
      std::ranges::stable_sort(series.points, {}, &FigurePoint::x);
      for (auto& point : series.points) scale(point, unit.per_si);
    }
    Figure figure;
    const auto& section = view_.section();
    auto where = device_.empty() ? std::string() : ", " + device_;
    if (only_) where += ", " + *only_;
    figure.id = figure_id(fmt::format("{}-{}-{}{}", section.id, device_, metric_, only_ ? "-" + *only_ : ""));
    figure.title = fmt::format("{}{}: {}", section.title, where, axis_title(metric_, unit));
    figure.caption =
        device_.empty() ? caption_of(metric_) : fmt::format("{}, {}", device_, caption_of(metric_));
    if (only_) figure.caption += ", " + *only_;
    figure.alternative = fmt::format("{} of {} over {}; the numbers are in the section's tables.",
                                     axis_title(metric_, unit), join(names()), along_.axis);
    figure.x = x_axis(along_);
    figure.y = value_axis(axis_title(metric_, unit), scaled);
    figure.series = std::move(series_);
    return figure;
  }

 private:
  static void scale(FigurePoint& point, double factor) {
    point.y *= factor;
    if (point.low) *point.low *= factor;
    if (point.high) *point.high *= factor;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& series : series_) all.push_back(series.name);
    return all;
  }

  /// A count stands once, whichever devices have it.
  void add(const Placement& placement) {
    if (!device_.empty() && view_.cell(placement).device != device_) return;
    const auto* record = view_.record(placement);
    const auto value = record ? measured(*record, metric_) : std::nullopt;
    if (!value || (only_ && phrase_of(placement.at, others_) != *only_)) return;
    auto& series = series_at(placement.at);
    const auto x = x_of(placement.at.at(along_.axis));
    if (std::ranges::find(series.points, x, &FigurePoint::x) != series.points.end()) return;
    const auto text = fmt::format("{}, {}: {}", series.name, phrase_of(placement.at, {along_.axis}),
                                  measured_text(*record, metric_, *value));
    series.points.push_back({x, value->value, value->low, value->high, 0, text, record->cell.id, false});
    values_.push_back(value->value);
  }

  double x_of(const std::string& label) const {
    const auto found = std::ranges::find(along_.labels, label);
    return along_.at.at(static_cast<std::size_t>(found - along_.labels.begin()));
  }

  /// The colour is the variant's, the dash that of the rest.
  Series& series_at(const Place& place) {
    const auto& variant = place.at("variant");
    const auto rest = only_ ? std::string() : phrase_of(place, others_);
    const auto name = rest.empty() ? variant : variant + " " + rest;
    const auto known = std::ranges::find(series_, name, &Series::name);
    if (known != series_.end()) return *known;
    const auto& variants = view_.labels("variant");
    const auto colour = std::ranges::find(variants, variant) - variants.begin();
    if (std::ranges::find(rests_, rest) == rests_.end()) rests_.push_back(rest);
    const auto dash = std::ranges::find(rests_, rest) - rests_.begin();
    series_.push_back({name, Mark::line, {}, static_cast<int>(colour), static_cast<int>(dash), false});
    return series_.back();
  }

  const SectionView& view_;
  Along along_;
  std::string metric_, device_;
  std::optional<std::string> only_;
  std::vector<std::string> others_, rests_;
  std::vector<Series> series_;
  std::vector<double> values_;
};

/// One picture, or one for each phrase where it would have too many lines; of counts that are equal the
/// first.
std::vector<Sweep> sweeps_of(const SectionView& view, const Along& along, const std::string& metric,
                             const std::string& device) {
  Sweep whole(view, along, metric, device);
  std::vector<Sweep> sweeps;
  if (whole.lines() <= kMostLines || whole.phrases().size() < 2) {
    sweeps.push_back(std::move(whole));
    return sweeps;
  }
  for (const auto& phrase : whole.phrases()) {
    Sweep sweep(view, along, metric, device, phrase);
    const bool drawn = device.empty() &&
                       std::ranges::any_of(sweeps, [&](const Sweep& other) { return sweep.equals(other); });
    if (!drawn) sweeps.push_back(std::move(sweep));
  }
  return sweeps;
}

}  // namespace

std::vector<Figure> sweep_figures(const SectionView& view) {
  std::vector<Figure> figures;
  const auto along = axis_of_lines(view);
  if (!along || view.section().factorial) return figures;
  const auto draw = [&](const std::string& metric, const std::string& device) {
    for (auto& sweep : sweeps_of(view, *along, metric, device))
      if (auto figure = sweep.draw()) figures.push_back(std::move(*figure));
  };
  for (const auto& device : devices_in(view))
    for (const auto& metric : pictured_metrics(view.section(), device))
      if (metric_named(metric)->timed) draw(metric, device);
  for (const auto& metric : pictured_metrics(view.section()))
    if (!metric_named(metric)->timed) draw(metric, "");
  return figures;
}

}  // namespace ablate
