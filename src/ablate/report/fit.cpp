#include "ablate/report/fit.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace ablate {
namespace {

/// From the least telling to the most; what is not among them comes behind, then how a latency lies to the
/// baseline's, then the latency itself.
constexpr std::array<std::string_view, 27> least_telling{"claim.cells",
                                                         "page_faults",
                                                         "latency.std",
                                                         "latency.min",
                                                         "latency.p05",
                                                         "latency.p95",
                                                         "buffers",
                                                         "buffers.vs_baseline",
                                                         "throughput.bytes",
                                                         "throughput.flops",
                                                         "memory.weights",
                                                         "memory.weights.vs_baseline",
                                                         "bytes.vs_baseline",
                                                         "macs.vs_baseline",
                                                         "error",
                                                         "bytes",
                                                         "traits",
                                                         "claim.expected",
                                                         "claim.why",
                                                         "latency.launch",
                                                         "latency.graph",
                                                         "memory.activations",
                                                         "roofline",
                                                         "params.vs_baseline",
                                                         "macs",
                                                         "params",
                                                         "claim.points"};

std::size_t tells(const TableColumn& column) {
  const auto known = std::ranges::find(least_telling, column.metric);
  if (known != least_telling.end()) return static_cast<std::size_t>(known - least_telling.begin());
  const std::string_view metric = column.metric;
  const std::size_t is_latency = metric.starts_with("latency") ? 1 : 0;
  return least_telling.size() + is_latency + (is_latency > 0 && !metric.ends_with(".vs_baseline") ? 1 : 0);
}

std::size_t width_of(const std::vector<std::size_t>& columns, const std::vector<std::size_t>& widths) {
  std::size_t total = 0;
  for (const auto column : columns) total += widths[column] + 2;
  return total - (columns.empty() ? 0 : 2);
}

class Fitter {
 public:
  Fitter(const Table& table, const std::vector<std::size_t>& widths, std::size_t width)
      : table_(table), widths_(widths), width_(width) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) fitted_.columns.push_back(i);
  }

  Fitted fit() {
    while (width_ > 0 && width_of(fitted_.columns, widths_) > width_ && drop()) continue;
    return std::move(fitted_);
  }

 private:
  /// The metric that goes next with all its columns, or the last column of the only one. False: none may go.
  bool drop() {
    std::set<std::string> metrics;
    const TableColumn* least = nullptr;
    std::size_t values = 0;
    for (const auto i : fitted_.columns) {
      const auto& column = table_.columns[i];
      if (column.metric.empty()) continue;
      ++values;
      metrics.insert(column.metric);
      if (!least || tells(column) <= tells(*least)) least = &column;
    }
    if (values < 2) return false;
    if (metrics.size() == 1) return drop_last();
    const auto metric = least->metric;
    const bool alone = std::ranges::count(table_.columns, metric, &TableColumn::metric) == 1;
    fitted_.left_out.push_back(alone ? least->header : metric);
    std::erase_if(fitted_.columns, [&](std::size_t i) { return table_.columns[i].metric == metric; });
    return true;
  }

  bool drop_last() {
    const auto last = std::ranges::find_if(fitted_.columns.rbegin(), fitted_.columns.rend(),
                                           [&](std::size_t i) { return !table_.columns[i].metric.empty(); });
    fitted_.left_out.push_back(table_.columns[*last].header);
    fitted_.columns.erase(std::next(last).base());
    return true;
  }

  const Table& table_;
  const std::vector<std::size_t>& widths_;
  std::size_t width_;
  Fitted fitted_;
};

}  // namespace

Fitted fit(const Table& table, const std::vector<std::size_t>& widths, std::size_t width) {
  return Fitter(table, widths, width).fit();
}

}  // namespace ablate
