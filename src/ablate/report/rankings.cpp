#include "ablate/base/text.hpp"
#include "ablate/report/numbers.hpp"
#include "ablate/report/points.hpp"
#include "ablate/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

struct Entry {
  std::string variant;
  double value;
  const Record* record;
};

/// Stable: what is equal stays in the order of the study.
std::vector<Entry> ordered(const Section& section, const Point& point) {
  std::vector<Entry> entries;
  for (const auto& variant : section.variants)
    if (const auto value = point.value(variant))
      entries.push_back({variant, *value, point.readings.at(variant).record});
  std::ranges::stable_sort(entries, {}, &Entry::value);
  return entries;
}

/// "STMBlock (208 µs) < DWBlock (1.13×) < FastSTMBlock (1.20×)".
std::string order_text(const std::vector<Entry>& entries, const std::string& metric) {
  const auto& lowest = entries.front();
  auto text = fmt::format("{} ({})", lowest.variant, quantity_text(*lowest.record, metric, lowest.value));
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const auto sign = entries[i].value == entries[i - 1].value ? '=' : '<';
    text += fmt::format(" {} {}", sign, entries[i].variant);
    if (lowest.value > 0) text += fmt::format(" ({:.2f}×)", entries[i].value / lowest.value);
  }
  return text;
}

/// The variants of a point that were planned but have no value.
std::vector<std::string> missing_at(const Section& section, const Point& point) {
  std::vector<std::string> words;
  for (const auto& variant : section.variants)
    if (const auto found = point.readings.find(variant);
        found != point.readings.end() && !found->second.value)
      words.push_back(fmt::format("{} {}", variant, placeholder(found->second.record)));
  return words;
}

}  // namespace

Table ranking_table(const Study& study, const Plan& plan, const Records& records, const Ranking& ranking) {
  const auto& section = study.section(ranking.section);
  Table table{
      "summary", fmt::format("{}: variants by {}, lowest first", section.title, ranking.metric), {}, {}, {}};
  const auto* planned = planned_section(study, plan, ranking.section);
  if (!planned) {
    table.notes.emplace_back("not measured: this section is not part of the run");
    return table;
  }
  const SectionView view(study, plan, *planned, records);
  const auto points = points_of(view, ranking.metric);
  const auto dimensions = varying(view, points);
  for (const auto& dimension : dimensions) table.columns.push_back({dimension, "", "", false});
  table.columns.push_back({"order", ranking.metric + ".order", "", false});
  std::vector<Point> empty;
  for (const auto& point : points) {
    const auto entries = ordered(section, point);
    if (entries.empty()) {
      empty.push_back(point);
      continue;
    }
    auto text = order_text(entries, ranking.metric);
    if (const auto missing = missing_at(section, point); !missing.empty()) text += "; " + join(missing);
    std::vector<TableCell> row;
    for (const auto& dimension : dimensions) {
      const auto found = point.place.find(dimension);
      const auto label = found == point.place.end() ? std::string() : found->second;
      row.push_back({label, label, {}});
    }
    row.push_back({text, text, {}});
    table.rows.push_back(std::move(row));
  }
  table.notes = reasons(empty, section.variants);
  return table;
}

}  // namespace ablate
