#include "ablate/report/verdicts.hpp"
#include "ablate/report/format.hpp"
#include "catch.hpp"
#include "verdict/examples.hpp"

using namespace ablate;
using namespace examples;

namespace {

const char* section = R"({"id": "channels", "title": "Channels", "variants": ["A", "B", "C"],
  "axes": {"channels": [16, 32]}, "metrics": ["latency", "params"], "protocol": "p",
  "sums": [{"whole": "C", "parts": ["A", "B"]}]})";

const char* claims = R"([
  {"id": "faster", "text": "B is faster", "section": "channels", "metric": "latency", "variant": "B",
   "is": "below", "other": "A", "expect": "supported"},
  {"id": "fewer", "text": "B has fewer parameters", "section": "channels", "metric": "params", "variant": "B",
   "is": "below", "other": "A", "expect": "supported"},
  {"id": "good", "text": "B is accurate", "untested": "accuracy is not measured"}])";

Record judged(const Cell& cell) {
  return paired(cell, {cell.variant == "A" ? 1e-4 : cell.variant == "B" ? 0.8e-4 : 2e-4}, 1.01);
}

std::vector<Table> tables(const std::string& asked) {
  const auto planned = examples::planned(section, "", asked);
  return all_tables(planned.study, planned.plan, records_of(planned, judged));
}

const Table& titled(const std::vector<Table>& tables, const std::string& begin) {
  for (const auto& table : tables)
    if (table.title.starts_with(begin)) return table;
  throw std::logic_error("no table " + begin);
}

}  // namespace

TEST_CASE("the verdict table says verdict, ratio, points and statement of each claim", "[report]") {
  const auto all = tables(claims);
  const auto table = titled(all, "Summary — Claims");
  CHECK(headers(table) == std::vector<std::string>{"claim", "verdict", "ratio", "holds at", "expected", "why",
                                                   "rests on", "statement"});
  CHECK(row(table, 0).starts_with("faster | supported | 0.80"));
  CHECK(row(table, 0).find(" | 2 of 2 | supported | — | B / A at ") != std::string::npos);
  CHECK(row(table, 0).ends_with(" | B is faster"));
  CHECK(row(table, 1) ==
        "fewer | refuted | 2.000 | 0 of 2 | supported | — | B / A at 16 | B has fewer parameters");
  CHECK(row(table, 2) == "good | untested | — | — | — | — | — | B is accurate (accuracy is not measured)");
  CHECK(table.notes.front() == "3 claims: 1 supported, 1 refuted, 0 undecided, 1 untested");
  CHECK(table.notes.back() == "not as expected: fewer: refuted, expected supported");
}

TEST_CASE("the noise floor stands with the claims and by itself", "[report]") {
  const auto all = tables(claims);
  const auto floors = titled(all, "Summary — Noise floor");
  REQUIRE(floors.rows.size() == 1);
  CHECK(row(floors, 0).starts_with("cpu | host | 2 | 1.01"));
  CHECK(titled(all, "Summary — Claims")
            .notes.at(2)
            .starts_with("noise floor: cpu host ±1.1 %, widest ±1.1 % (A/A of 2 groups)"));
  CHECK(floor_notes({}).empty());
  CHECK(floor_table({}).rows.empty());
}

TEST_CASE("a sum shows the whole, its parts and what they leave open", "[report]") {
  const auto all = tables("[]");
  const auto counts = titled(all, "Channels: the parts against the whole, by params");
  CHECK(row(counts, 0) == "16 | C | 320 | 480 | -160 | -50.0 % | A + B");
  const auto table = titled(all, "Channels: the parts against the whole, by latency");
  CHECK(headers(table) == std::vector<std::string>{"channels", "whole", "whole (µs)", "sum of parts (µs)",
                                                   "unaccounted (µs)", "of the whole", "parts"});
  CHECK(std::get<double>(table.rows.at(0).at(4).value) == Approx(2e-5).epsilon(0.03));
  CHECK(std::get<double>(table.rows.at(0).at(5).value) == Approx(0.1).epsilon(0.03));
  CHECK(table.notes.size() == 1);
}

TEST_CASE("a verdict's ids and figures are there for programs", "[report]") {
  const auto all = tables(claims);
  const auto table = titled(all, "Summary — Claims");
  const auto ids = std::get<std::string>(table.rows.at(0).at(6).value);
  CHECK(ids.size() == 4 * 16 + 3);
  CHECK(to_csv(all).find("claim.verdict") != std::string::npos);
}
