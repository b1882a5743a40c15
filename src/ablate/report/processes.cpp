#include "ablate/report/summary.hpp"
#include "ablate/report/view.hpp"
#include "ablate/stats/stats.hpp"
#include "ablate/verdict/contrast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace ablate {
namespace {

constexpr double confidence = 0.95;

/// Estimates of log(cell / baseline), one a process; none where they do not share rounds.
std::vector<Estimate> by_process(const Record& record, const Record& baseline, Clock clock) {
  if (!share_rounds(record, baseline, clock)) return {};
  const auto ratios = log_ratios(latency_on(record, clock)->samples, latency_on(baseline, clock)->samples);
  std::vector<Estimate> estimates;
  std::size_t begin = 0;
  for (const auto end : record.pairing->process_ends) {
    estimates.push_back(centre(Samples(ratios).subspan(begin, end - begin), {}, confidence));
    begin = end;
  }
  return estimates;
}

/// Standard deviations between processes, of every cell's ratio to its baseline.
std::vector<double> between_processes(const Records& records, const std::string& device, Clock clock) {
  std::vector<double> between;
  for (const auto& [id, record] : records) {
    if (record.cell.device != device || !record.pairing || record.pairing->process_ends.size() < 2) continue;
    const auto baseline = records.find(record.pairing->baseline);
    if (baseline == records.end() || baseline->first == id) continue;
    const auto estimates = by_process(record, baseline->second, clock);
    if (!estimates.empty()) between.push_back(pool(estimates, confidence).between);
  }
  std::ranges::sort(between);
  return between;
}

TableCell percent_cell(double share) { return {fmt::format("{:.2f} %", 100 * share), share, {}}; }

}  // namespace

Table process_table(const Records& records) {
  Table table{
      "summary", "Between processes: how ratios to the baseline differ from process to process", {}, {}, {}};
  table.notes = {"standard deviation between processes, without what differs within one"};
  table.columns = {{"device", "", "", false},
                   {"clock", "", "", false},
                   {"cells", "processes.cells", "", true},
                   {"median", "processes.median", "", true},
                   {"largest", "processes.largest", "", true}};
  std::set<std::string> devices;
  for (const auto& [id, record] : records) devices.insert(record.cell.device);
  for (const auto& device : devices)
    for (const auto clock : {Clock::host, Clock::device, Clock::graph, Clock::launch}) {
      if (device == "cpu" && clock != Clock::host) continue;
      const auto between = between_processes(records, device, clock);
      if (between.empty()) continue;
      const std::string clock_name(name(clock));
      table.rows.push_back({{device, device, {}},
                            {clock_name, clock_name, {}},
                            {fmt::format("{}", between.size()), static_cast<double>(between.size()), {}},
                            percent_cell(between[between.size() / 2]),
                            percent_cell(between.back())});
    }
  return table;
}

}  // namespace ablate
