#include "ablate/report/compare_table.hpp"

#include "catch.hpp"
#include "report/example_study.hpp"
#include "verdict/compared_runs.hpp"

#include <algorithm>

using namespace ablate;
using examples::three_cells;

namespace {

std::vector<Table> tables_of(const ComparedRun& a, const ComparedRun& b, const ComparisonRules& rules = {}) {
  return comparison_tables(compare_runs(a, b, rules));
}

const Table* table_titled(const std::vector<Table>& tables, const std::string& title) {
  const auto found = std::ranges::find(tables, title, &Table::title);
  return found == tables.end() ? nullptr : &*found;
}

bool has_note(const Table& table, const std::string& text) {
  return std::ranges::any_of(table.notes,
                             [&](const auto& note) { return note.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("the summary counts the verdicts", "[compare]") {
  const auto tables = tables_of(three_cells("A", 1), three_cells("B", 2, 1, 1.05));
  CHECK(
      tables.front().title ==
      "3 cells of B against A: 1 slower, 0 faster, 1 undecided, 1 same within 1 %; 1 regression; counts and "
      "outputs agree");
  CHECK(tables.size() == 2);
}

TEST_CASE("latencies show both levels, the ratio with its interval, and the verdict; slower cells first",
          "[compare]") {
  const auto tables = tables_of(three_cells("A", 1), three_cells("B", 2, 1, 1.05));
  const auto* table = table_titled(tables, "Latencies of B against A");
  REQUIRE(table);
  CHECK((examples::headers(*table) ==
         std::vector<std::string>{"variant", "A (ms)", "B (ms)", "B/A", "from", "to", "verdict"}));
  REQUIRE(table->rows.size() == 3);
  const auto& row = table->rows.front();
  CHECK(row.front().text == "Block2");
  CHECK(row.back().text == "slower");
  CHECK(row.back().cell == "2");
  CHECK(table->rows.back().back().text == "same within 1 %");
  CHECK(has_note(*table, "all: train, cpu, float32, batch 1, channels 64, 64×64, protocol p"));
  for (const auto& each : table->rows) CHECK(each.size() == table->columns.size());
}

TEST_CASE("a regression beyond a threshold says which", "[compare]") {
  ComparisonRules rules;
  rules.threshold = 0.05;
  const auto tables = tables_of(three_cells("A", 1), three_cells("B", 2, 1, 1.2), rules);
  CHECK(tables.front().title.find("1 regression beyond 5 %") != std::string::npos);
  CHECK(tables.back().rows.front().back().text == "slower beyond 5 %");
}

TEST_CASE("what must be equal and is not stands before the latencies", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.records.at("1").counts->params = 5000;
  const auto tables = tables_of(a, b);
  REQUIRE(tables.size() == 3);
  CHECK(tables.front().title.find("1 difference in what must be equal") != std::string::npos);
  CHECK(examples::row(tables[1], 0) == "Block1 | params | 4,608 | 5,000");
}

TEST_CASE("across machines is said at the top, with what differs", "[compare]") {
  ComparisonRules rules;
  rules.across_machines = true;
  const auto a = three_cells("A", 1);
  auto b = a;
  b.environment.cpu = "Other CPU";
  const auto tables = tables_of(a, b, rules);
  CHECK(tables.front().notes.front().find("ACROSS MACHINES") == 0);
  CHECK(has_note(tables.front(), "B has cpu: Other CPU, was Some CPU"));
  CHECK(tables.front().title.find("outputs") == std::string::npos);
}

TEST_CASE("cells of one run only are a table of their own", "[compare]") {
  const auto a = three_cells("A", 1);
  auto b = a;
  b.records.erase("3");
  const auto tables = tables_of(a, b);
  const auto* only = table_titled(tables, "Only in A");
  REQUIRE(only);
  CHECK(examples::row(*only, 0) == "Block3 | 3");
  CHECK(table_titled(tables, "Only in B") == nullptr);
}

TEST_CASE("cells that differ in an axis show it", "[compare]") {
  auto a = three_cells("A", 1);
  a.records.at("2").cell.channels = {24, 48};
  a.records.at("3").cell.variant = "Block1";
  a.records.at("3").cell.options = {{"kernel_size", std::int64_t{9}}};
  const auto tables = tables_of(a, a);
  const auto* table = table_titled(tables, "Latencies of B against A");
  REQUIRE(table);
  const auto heads = examples::headers(*table);
  CHECK((std::vector(heads.begin(), heads.begin() + 3) ==
         std::vector<std::string>{"variant", "channels", "options"}));
}

TEST_CASE("an interval without an end is no number", "[compare]") {
  auto a = three_cells("A", 1);
  a.records.at("1").latency = summarise({1e-3, 1.1e-3});
  const auto tables = tables_of(a, a);
  const auto* table = table_titled(tables, "Latencies of B against A");
  REQUIRE(table);
  const auto row =
      std::ranges::find_if(table->rows, [](const auto& each) { return each[0].text == "Block1"; });
  REQUIRE(row != table->rows.end());
  CHECK((*row)[4].text == "—");
  CHECK(row->back().text == "undecided");
}
