#include "catch.hpp"
#include "report/example_study.hpp"

using namespace ablate;
using namespace examples;

namespace {

const char* channels = R"({"id": "channels", "title": "Channels", "variants": ["A", "B", "C"],
  "axes": {"device": ["cuda", "cpu"], "channels": [24, 48, 64]}, "metrics": ["latency.mean", "params"],
  "protocol": "p", "table": {"split": ["device"], "rows": ["channels"], "columns": ["variant"]}})";

/// On the CPU A rises past C between 48 and 64; B is always below. The GPU is not there.
Record measured(const Cell& cell) {
  if (cell.device == "cuda") return skipped(cell);
  auto record = record_of(cell);
  const auto width = static_cast<double>(cell.channels.out);
  const double mean = cell.variant == "A" ? 4e-6 * width : cell.variant == "B" ? 50e-6 : 200e-6;
  record.latency = latency(mean, mean * 0.004);
  record.counts = Counts{cell.variant == "C" ? 20 : 10, 0, 0, 0};
  return record;
}

std::vector<Table> tables_for(const std::string& summary) {
  const auto planned = examples::planned(channels, summary);
  return summary_tables(planned.study, planned.plan, records_of(planned, measured));
}

std::string finding(const std::string& fields) {
  const auto tables = tables_for(R"({"findings": [{"text": "A statement", )" + fields + "}]}");
  return tables.at(0).rows.at(0).at(2).text;
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
  CHECK(row(table, 1) == "cpu | A, C | order changes between 48 and 64 (C below from there)");
  CHECK(table.notes == std::vector<std::string>{"3 points skipped: CUDA is not available here"});
}

TEST_CASE("a finding is told at how many points it holds, and by how much", "[report]") {
  const std::string on_cpu =
      R"("section": "channels", "metric": "latency.mean", "where": {"device": "cpu"}, )";
  CHECK(finding(on_cpu + R"("variant": "A", "is": "highest")") ==
        "holds at 1 of 3 points (64); A is 0.48–1.28 × the highest other");
  CHECK(finding(on_cpu + R"("variant": "B", "is": "lowest")") ==
        "holds at 3 of 3 points; B is 0.25–0.52 × the lowest other");
  CHECK(finding(on_cpu + R"("variant": "A", "is": "between")") ==
        "holds at 2 of 3 points (not at 64); A is 1.92–5.12 × the lowest other and 0.48–1.28 × the highest "
        "other");
  CHECK(finding(on_cpu + R"("variant": "C", "is": "above", "other": "B")") ==
        "holds at 3 of 3 points; C is 4.00 × B");
  CHECK(finding(on_cpu + R"("variant": "C", "is": "below", "other": "B")") ==
        "holds at 0 of 3 points; C is 4.00 × B");
}

TEST_CASE("a finding without numbers says why", "[report]") {
  CHECK(finding(R"("section": "channels", "metric": "latency.mean", "where": {"device": "cuda"},
                   "variant": "A", "is": "highest")") ==
        "not measured: 3 points skipped: CUDA is not available here");
  CHECK(finding(R"("untested": "accuracy is not measured")") == "not tested: accuracy is not measured");
  CHECK(finding(R"("section": "channels", "metric": "latency.mean", "variant": "B", "is": "lowest")") ==
        "holds at 3 of 3 points; B is 0.25–0.52 × the lowest other; "
        "3 points skipped: CUDA is not available here");
}

TEST_CASE("what the selection left out is not in the summary's numbers", "[report]") {
  auto planned =
      examples::planned(channels, R"({"rankings": [{"section": "channels", "metric": "params"}]})");
  planned.plan.sections.clear();
  const auto tables = summary_tables(planned.study, planned.plan, {});
  CHECK(tables.at(0).notes.at(0) == "not measured: this section is not part of the run");
}
