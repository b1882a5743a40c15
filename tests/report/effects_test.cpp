#include "ablate/report/effects.hpp"

#include "ablate/report/format.hpp"
#include "catch.hpp"
#include "report/example_study.hpp"

using namespace ablate;
using namespace examples;

namespace {

BlockSpec block_with_parts() {
  BlockSpec block{"Sample", "", {}, {Form::train}};
  for (const char* name : {"gate", "shuffle", "mixing"})
    block.options.push_back({name, OptionType::boolean, true, {}, "", {}, true});
  return block;
}

Planned planned_factorial(const std::string& section) {
  const auto text = R"({"study": "example", "protocols": {"p": {"warmup": 2, "repeat": 4}},
    "variants": {"S": {"block": "Sample"}}, "sections": [)" +
                    section + "]}";
  auto study = parse_study_text(text, "example.json", {block_with_parts()}).study;
  auto made = plan(study, {block_with_parts()});
  return {std::move(study), std::move(made)};
}

/// 8,192 parameters, 4,096 less without the gate; 100 µs, 10 less without the gate, with a spread of 1 %.
Record of_factors(const Cell& cell) {
  auto record = record_of(cell);
  const bool gate = !cell.options.contains("gate");
  std::vector<double> samples;
  for (int i = 0; i < 200; ++i)
    samples.push_back((gate ? 100e-6 : 90e-6) * (1 + 0.01 * ((i * 7) % 11 - 5) / 5));
  record.latency = summarise(samples);
  record.counts = Counts{gate ? 8192 : 4096, 0, 0, 0};
  return record;
}

std::vector<Table> effect_tables(const Planned& planned, const Records& records) {
  return effects_tables(planned.study, planned.plan, planned.plan.sections.at(0), records);
}

const char* two_factors = R"({"id": "parts", "title": "Parts", "kind": "factorial",
  "factors": {"gate": [true, false], "shuffle": [true, false]}, "axes": {"device": ["cpu", "cuda"]},
  "metrics": ["params", "latency.median"], "protocol": "p"})";

}  // namespace

TEST_CASE("a factorial section shows its cells, then effects with interval, share and reading", "[report]") {
  const auto planned = planned_factorial(two_factors);
  const auto records = records_of(planned, of_factors);
  const auto tables = effect_tables(planned, records);
  REQUIRE(tables.size() == 2);
  const auto& table = tables[0];
  CHECK(table.title == "Parts: effects, S, cpu");
  CHECK(headers(table) == std::vector<std::string>{"effect", "params", "params of reference", "median (µs)",
                                                   "median 95 % interval (µs)", "median of reference",
                                                   "median reading"});
  REQUIRE(table.rows.size() == 4);
  CHECK(row(table, 0).find("reference: gate true, shuffle true | 8,192 | reference | 100.0") == 0);
  CHECK(row(table, 1).find("gate false | -4,096 | -50.0% | -10.0") == 0);
  CHECK(table.rows[1].back().text == "differs");
  CHECK(row(table, 2).find("shuffle false | 0 | +0.0%") == 0);
  CHECK(table.rows[2].back().text == "within noise");
  CHECK(std::get<double>(table.rows[1][1].value) == -4096);
  CHECK(table.rows[3][0].text == "gate false × shuffle false");
  CHECK(to_markdown(table).find("give every one of the 4 cells exactly") != std::string::npos);
  const auto all = section_tables(planned.study, planned.plan, planned.plan.sections.at(0), records);
  CHECK(all.size() == 3);
  CHECK(all.back().title == "Parts: effects, S, cuda");
}

TEST_CASE("an analysis whose cells were skipped has no table, one that lacks a metric says so", "[report]") {
  const auto planned = planned_factorial(two_factors);
  auto records = records_of(
      planned, [](const Cell& cell) { return cell.device == "cuda" ? skipped(cell) : of_factors(cell); });
  CHECK(effect_tables(planned, records).size() == 1);
  for (auto& [id, record] : records) record.latency.reset();
  const auto tables = effect_tables(planned, records);
  REQUIRE(tables.size() == 1);
  CHECK(headers(tables[0]) == std::vector<std::string>{"effect", "params", "of reference"});
  CHECK(tables[0].notes.back() == "not every cell has latency.median");
}

TEST_CASE("half a fraction says what each effect stands together with", "[report]") {
  const auto planned = planned_factorial(R"({"id": "half", "kind": "factorial", "fraction": 2,
    "factors": {"gate": [true, false], "shuffle": [true, false], "mixing": [true, false]},
    "metrics": ["params"]})");
  const auto tables = effect_tables(planned, records_of(planned, of_factors));
  REQUIRE(tables.size() == 1);
  CHECK(row(tables[0], 1) == "gate false | shuffle × mixing | -4,096 | -50.0%");
  CHECK(tables[0].rows.size() == 4);
}
