#include "catch.hpp"
#include "report/example_study.hpp"

using namespace ablate;
using namespace examples;

namespace {

const char* channels = R"({"id": "channels", "title": "Channels", "variants": ["A", "B", "C"],
  "axes": {"device": ["cuda", "cpu"], "channels": [24, 48, 64]}, "metrics": ["latency.mean", "params"],
  "protocol": "p", "table": {"split": ["device"], "rows": ["channels"], "columns": ["variant"]}})";

/// On the CPU A rises past C between 48 and 64; B is always below. The GPU is not there.
Record ranked(const Cell& cell) {
  if (cell.device == "cuda") return skipped(cell);
  auto record = record_of(cell);
  const auto width = static_cast<double>(cell.channels.out);
  const double mean = cell.variant == "A" ? 4e-6 * width : cell.variant == "B" ? 50e-6 : 200e-6;
  record.latency = latency(mean, mean * 0.004, 64);
  record.counts = Counts{cell.variant == "C" ? 20 : 10, 0, 0, 0};
  return record;
}

std::vector<Table> tables_for(const std::string& summary) {
  const auto planned = examples::planned(channels, summary);
  return summary_tables(planned.study, planned.plan, records_of(planned, ranked));
}

}  // namespace

TEST_CASE("a ranking orders the variants at each point, with the ratio to the lowest", "[report]") {
  const auto table = tables_for(R"({"rankings": [{"section": "channels", "metric": "latency.mean"}]})").at(0);
  CHECK(table.title == "Summary — Channels: variants by latency.mean, lowest first");
  CHECK(headers(table) == std::vector<std::string>{"device", "channels", "order"});
  REQUIRE(table.rows.size() == 3);
  CHECK(row(table, 0) == "cpu | 24 | B (50.00 µs) < A (1.92×) < C (4.00×)");
  CHECK(row(table, 2) == "cpu | 64 | B (50.00 µs) < C (4.00×) < A (5.12×)");
  CHECK(table.notes == std::vector<std::string>{"3 points skipped: CUDA is not available here"});
}

TEST_CASE("counts are ranked once, not once a device", "[report]") {
  const auto table = tables_for(R"({"rankings": [{"section": "channels", "metric": "params"}]})").at(0);
  REQUIRE(table.rows.size() == 3);
  CHECK(row(table, 0) == "24 | A (10) = B (1.00×) < C (2.00×)");
}

TEST_CASE("a crossover says between which labels the order changes", "[report]") {
  const auto table =
      tables_for(R"({"crossovers": [{"section": "channels", "axis": "channels", "metric": "latency.mean"}]})")
          .at(0);
  CHECK(headers(table) == std::vector<std::string>{"device", "pair", "what the numbers say"});
  REQUIRE(table.rows.size() == 3);
  CHECK(row(table, 0) == "cpu | A, B | no change: B below everywhere");
  CHECK(row(table, 1) == "cpu | A, C | order changes at 50, between 48 and 64 (C below from there)");
  CHECK(table.notes == std::vector<std::string>{"3 points skipped: CUDA is not available here"});
}

TEST_CASE("no order is told where noise could be all there is", "[report]") {
  const auto planned = examples::planned(
      channels, R"({"crossovers": [{"section": "channels", "axis": "channels", "metric": "latency.mean"}]})");
  const auto noisy = [](const Cell& cell) {
    auto record = ranked(cell);
    if (record.status != Status::ok) return record;
    const auto width = static_cast<double>(cell.channels.out);
    const double mean = cell.variant == "A" ? 4e-6 * width : cell.variant == "B" ? 100e-6 : 192e-6;
    record.latency = latency(mean, mean * 0.01, 64);
    if (cell.variant == "C" && cell.channels.out != 48) record.latency = latency(100e-6, 1e-6, 64);
    return record;
  };
  const auto table = summary_tables(planned.study, planned.plan, records_of(planned, noisy)).at(0);
  CHECK(row(table, 1) ==
        "cpu | A, C | order changes at 25, between 24 and 64 (C below from there); "
        "within noise at 48");
  CHECK(row(table, 2) == "cpu | B, C | no change seen: B below; within noise at 24, 64");
}

TEST_CASE("a front holds what no other beats on every metric", "[report]") {
  const auto table =
      tables_for(R"({"pareto": [{"section": "channels", "metrics": ["params", "latency.mean"]}]})").at(0);
  CHECK(table.title == "Summary — Channels: best by params and latency.mean together");
  CHECK(headers(table) == std::vector<std::string>{"device", "channels", "on the front", "beaten"});
  REQUIRE(table.rows.size() == 3);
  CHECK(row(table, 0) == "cpu | 24 | B | A (by B), C (by A, B)");
  CHECK(row(table, 2) == "cpu | 64 | B | A (by B), C (by B)");
  CHECK(table.notes.back() == "3 points skipped: CUDA is not available here");
}

TEST_CASE("what the selection left out is not in the summary's numbers", "[report]") {
  auto planned =
      examples::planned(channels, R"({"rankings": [{"section": "channels", "metric": "params"}]})");
  planned.plan.sections.clear();
  const auto tables = summary_tables(planned.study, planned.plan, {});
  CHECK(tables.at(0).notes.at(0) == "not measured: this section is not part of the run");
}
