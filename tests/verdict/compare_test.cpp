#include "ablate/verdict/compare.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "verdict/compared_runs.hpp"

#include <algorithm>
#include <cmath>

using namespace ablate;
using examples::interleaved;
using examples::three_cells;

namespace {

const CellComparison& cell(const Comparison& comparison, const std::string& id) {
  const auto found =
      std::ranges::find_if(comparison.cells, [&](const auto& each) { return each.cell.id == id; });
  REQUIRE(found != comparison.cells.end());
  return *found;
}

Comparison against_itself(const ComparedRun& run, const ComparisonRules& rules = {}) {
  return compare_runs(run, run, rules);
}

ComparisonRules threshold(double fraction) {
  ComparisonRules rules;
  rules.threshold = fraction;
  return rules;
}

/// The only difference that a cell shows.
ExactDifference difference(const Comparison& comparison, const std::string& id) {
  REQUIRE(cell(comparison, id).differences.size() == 1);
  return cell(comparison, id).differences.front();
}

}  // namespace

TEST_CASE("a run compared with itself shows nothing different", "[compare]") {
  const auto comparison = against_itself(three_cells("A", 1));
  CHECK(comparison.count(Change::same) == 3);
  CHECK(comparison.outputs == 3);
  CHECK(comparison.cells_that_differ() == 0);
  CHECK(comparison.environment_differs.empty());
  CHECK(exit_code(comparison) == 0);
  CHECK(cell(comparison, "2").decisive->value == 1.0);
  CHECK(cell(comparison, "2").p == 1.0);
}

TEST_CASE("two runs of the same blocks are the same within what processes differ by", "[compare]") {
  ComparisonRules rules;
  rules.same_within = 0.02;
  const auto comparison = compare_runs(three_cells("A", 1), three_cells("B", 2), rules);
  CHECK(comparison.count(Change::same) == 3);
  CHECK(exit_code(comparison) == 0);
}

TEST_CASE("a slower block is named, its interval around the truth, the others are not", "[compare]") {
  const auto comparison = compare_runs(three_cells("A", 1), three_cells("B", 2, 1, 1.05), {});
  CHECK(comparison.count(Change::slower) == 1);
  CHECK(comparison.regressions() == 1);
  CHECK(exit_code(comparison) == 1);
  const auto& slower = comparison.cells.front();
  CHECK(slower.cell.id == "2");
  CHECK(slower.change == Change::slower);
  CHECK(slower.decisive->low < 1.05);
  CHECK(slower.decisive->high > 1.05);
  CHECK(slower.decisive->low > 1.03);
}

TEST_CASE("a faster block is no regression", "[compare]") {
  const auto comparison = compare_runs(three_cells("A", 1), three_cells("B", 2, 0.9), {});
  CHECK(cell(comparison, "1").change == Change::faster);
  CHECK(exit_code(comparison) == 0);
}

TEST_CASE("no difference below the noise floors is called one", "[compare]") {
  auto a = three_cells("A", 1), b = three_cells("B", 2, 1, 1.05);
  for (auto* run : {&a, &b}) run->floors.front().limit = 0.04;  // together 5.7 %
  const auto comparison = compare_runs(a, b, {});
  CHECK(cell(comparison, "2").change == Change::undecided);
  CHECK(exit_code(comparison) == 0);
  CHECK(cell(comparison, "2").decisive->low < 1.0);
  for (auto* run : {&a, &b}) run->floors.front().limit = 0.02;
  CHECK(cell(compare_runs(a, b, {}), "2").change == Change::slower);
}

namespace {

/// Nine cells, of which the last two are slower by these factors.
ComparedRun many_cells(const std::string& name, std::uint64_t seed, double eighth, double ninth) {
  std::vector<Record> records;
  for (std::uint64_t i = 1; i <= 9; ++i) {
    const double slower = i == 8 ? eighth : i == 9 ? ninth : 1;
    records.push_back(
        examples::measured(std::to_string(i), static_cast<double>(i) * 1e-3 * slower, 10 * seed + i));
  }
  return examples::run_of(name, records);
}

}  // namespace

TEST_CASE("a threshold lets cells be slower by less", "[compare]") {
  const auto a = many_cells("A", 1, 1, 1), b = many_cells("B", 2, 1.04, 1.2);
  const auto comparison = compare_runs(a, b, threshold(0.05));
  CHECK(comparison.count(Change::slower) == 2);
  CHECK(comparison.regressions() == 1);
  CHECK(cell(comparison, "9").regression);
  CHECK(exit_code(comparison) == 1);
  CHECK(exit_code(compare_runs(a, b, threshold(0.25))) == 0);
}

TEST_CASE("how near the same is can be chosen", "[compare]") {
  ComparisonRules rules;
  rules.same_within = 0.1;
  const auto a = three_cells("A", 1), b = three_cells("B", 2, 1, 1.05);
  CHECK(cell(compare_runs(a, b, rules), "2").change == Change::same);
  rules.same_within = 0.0001;
  CHECK(cell(compare_runs(a, three_cells("B", 2), rules), "2").change == Change::undecided);
}

TEST_CASE("counts and outputs that differ are listed and fail", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.records.at("1").counts->params = 4609;
  b.records.at("3").output = "00000000000000fe";
  const auto comparison = compare_runs(a, b, {});
  CHECK(comparison.cells_that_differ() == 2);
  CHECK(exit_code(comparison) == 1);
  CHECK(difference(comparison, "1").what == "params");
  CHECK(difference(comparison, "1").a == "4,608");
  CHECK(difference(comparison, "1").b == "4,609");
  CHECK(difference(comparison, "3").what == "output");
}

TEST_CASE("an output that only one run recorded is not compared", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.records.at("1").output.clear();
  const auto comparison = compare_runs(a, b, {});
  CHECK(comparison.outputs == 2);
  CHECK(exit_code(comparison) == 0);
}

TEST_CASE("a cell that cannot be measured any more fails, with the reason", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.records.at("2").status = Status::failed;
  b.records.at("2").reason = "out of memory";
  const auto comparison = compare_runs(a, b, {});
  CHECK(difference(comparison, "2").b == "failed: out of memory");
  CHECK_FALSE(cell(comparison, "2").change.has_value());
  CHECK(exit_code(comparison) == 1);
}

TEST_CASE("a cell that was skipped is a difference on the same machine only", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.records.at("2").status = Status::skipped;
  CHECK(exit_code(compare_runs(a, b, {})) == 1);
  b.environment = examples::machine("Other CPU");
  ComparisonRules rules;
  rules.across_machines = true;
  CHECK(exit_code(compare_runs(a, b, rules)) == 0);
}

TEST_CASE("another machine is refused, and the fields are named", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = three_cells("B", 2);
  b.environment = examples::machine("Other CPU");
  try {
    compare_runs(a, b, {});
    FAIL("compared");
  } catch (const UserError& error) {
    const std::string text = error.what();
    CHECK(text.find("cpu: Other CPU, was Some CPU") != std::string::npos);
    CHECK(text.find("--across-machines") != std::string::npos);
  }
}

TEST_CASE("--across-machines compares all but the outputs", "[compare]") {
  ComparisonRules rules;
  rules.across_machines = true;
  const auto a = three_cells("A", 1);
  auto b = a;
  b.environment.threads = 8;
  b.records.at("1").output = "00000000000000fe";
  const auto comparison = compare_runs(a, b, rules);
  CHECK(comparison.other_machine);
  CHECK(comparison.outputs == 0);
  CHECK(exit_code(comparison) == 0);
  b.records.at("1").counts->macs = 1;
  CHECK(exit_code(compare_runs(a, b, rules)) == 1);
}

TEST_CASE("another build of the same machine is compared, and listed", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.environment.revision = "34cd";
  b.environment.flags = "-O3";
  b.environment.time = "2026-01-01T00:00:00Z";
  const auto comparison = compare_runs(a, b, {});
  CHECK_FALSE(comparison.other_machine);
  CHECK((comparison.environment_differs ==
         std::vector<std::string>{"flags: -O3, was unknown", "revision: 34cd, was 12ab"}));
}

TEST_CASE("cells of one run only are listed", "[compare]") {
  auto a = three_cells("A", 1), b = three_cells("B", 2);
  a.records.erase("1");
  b.records.erase("3");
  const auto comparison = compare_runs(a, b, {});
  CHECK(comparison.cells.size() == 1);
  REQUIRE(comparison.only_a.size() == 1);
  REQUIRE(comparison.only_b.size() == 1);
  CHECK(comparison.only_a.front().id == "3");
  CHECK(comparison.only_b.front().id == "1");
  CHECK(exit_code(comparison) == 0);
}

TEST_CASE("runs without a common cell are refused", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = three_cells("B", 2);
  b.records.clear();
  CHECK_THROWS_AS(compare_runs(a, b, {}), UserError);
}

TEST_CASE("what drifts as a whole may be the process: levels leave it open, and the summary says so",
          "[compare]") {
  const auto comparison = compare_runs(interleaved("A", 1, 1, 1), interleaved("B", 2, 1.1, 1), {});
  const auto second = cell(comparison, "2");
  CHECK(second.change == Change::undecided);
  CHECK(comparison.remarks.back().find("--processes 3") != std::string::npos);
  REQUIRE(second.to_baseline.has_value());
  CHECK(std::abs(second.to_baseline->value - 1) < 0.005);
  CHECK_FALSE(cell(comparison, "1").to_baseline.has_value());
}

TEST_CASE("a disturbed cell is judged by its ratio to the baseline, and without one not at all",
          "[compare]") {
  auto b = interleaved("B", 2, 1.1, 1);
  for (auto& [id, record] : b.records) record.disturbed = {"steal 4 %"};
  const auto drifted = compare_runs(interleaved("A", 1, 1, 1), b, {});
  CHECK(cell(drifted, "1").change == Change::undecided);
  CHECK(cell(drifted, "2").change == Change::same);
  CHECK(cell(drifted, "2").by_baseline);
  CHECK(exit_code(drifted) == 0);
  b = interleaved("B", 2, 1.1, 1.05);
  for (auto& [id, record] : b.records) record.disturbed = {"steal 4 %"};
  const auto slower = compare_runs(interleaved("A", 1, 1, 1), b, {});
  CHECK(cell(slower, "2").change == Change::slower);
  CHECK(std::abs(cell(slower, "2").decisive->value - 1.05) < 0.01);
}

TEST_CASE("on CUDA the graph's clock decides, else the device's, and the host's stands beside it",
          "[compare]") {
  auto a = three_cells("A", 1), b = three_cells("B", 2, 1.3, 1.3, 1.3);
  for (auto* run : {&a, &b}) {
    run->floors.front().device = "cuda";
    for (auto& [id, record] : run->records) {
      record.cell.device = "cuda";
      record.device = summarise(examples::samples(1e-4, run == &a ? 77 : 78));
    }
  }
  const auto comparison = compare_runs(a, b, {});
  CHECK(comparison.count(Change::same) == 3);
  const auto& levels = comparison.cells.front().levels;
  REQUIRE(levels.size() == 2);
  CHECK(levels[0].clock == Clock::device);
  CHECK(levels[1].clock == Clock::host);
  CHECK(std::abs(levels[1].ratio.value - 1.3) < 0.01);
}

TEST_CASE("how processes differ from each other is counted in, however many layouts each had", "[compare]") {
  auto a = three_cells("A", 1), b = three_cells("B", 2, 1, 1.1);
  for (auto* run : {&a, &b}) {
    auto& record = run->records.at("2");
    auto values = record.latency->samples;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= i < 100 ? 1.1 : i < 200 ? 0.95 : 1;
    record.latency = summarise(values);
    record.pairing = Pairing{};
    record.pairing->process_ends = {100, 200, 300, 400};
    for (std::size_t end = 25; end <= 400; end += 25) record.pairing->ends.push_back(end);
  }
  const auto comparison = compare_runs(a, b, {});
  CHECK(cell(comparison, "2").change == Change::undecided);
  CHECK(exit_code(comparison) == 0);
}

TEST_CASE("cells that are only counted are compared without a verdict", "[compare]") {
  auto a = three_cells("A", 1);
  a.records.at("1").latency.reset();
  const auto comparison = against_itself(a);
  CHECK_FALSE(cell(comparison, "1").change.has_value());
  CHECK(comparison.count(Change::same) == 2);
  CHECK(comparison.cells.back().cell.id == "1");
}

TEST_CASE("a run without a noise floor says so", "[compare]") {
  auto a = three_cells("A", 1);
  a.floors.clear();
  const auto remarks = against_itself(a).remarks;
  CHECK(std::ranges::any_of(
      remarks, [](const auto& remark) { return remark.find("A has no noise floor on cpu") == 0; }));
}
