#include "ablate/report/history_page.hpp"
#include "ablate/report/history_table.hpp"
#include "ablate/report/overlay.hpp"
#include "ablate/report/overlay_page.hpp"
#include "ablate/report/run_labels.hpp"

#include "catch.hpp"
#include "report/example_study.hpp"
#include "verdict/compared_runs.hpp"

#include <algorithm>

using namespace ablate;
using examples::three_cells;

namespace {

ComparedRun commit(const std::string& revision, std::uint64_t seed, double second = 1) {
  auto run = three_cells("runs/" + revision, seed, 1, second);
  run.environment.revision = revision;
  run.environment.time = revision;
  return run;
}

History history_over(std::vector<ComparedRun> runs) {
  return std::move(histories_of(std::move(runs), {}, {}).front());
}

const Table* history_table_titled(const std::vector<Table>& tables, const std::string& title) {
  const auto found = std::ranges::find(tables, title, &Table::title);
  return found == tables.end() ? nullptr : &*found;
}

bool any_mark(const std::vector<Table>& tables) {
  for (const auto& table : tables)
    for (const auto& row : table.rows)
      for (const auto& cell : row)
        if (cell.text.find("↑") != std::string::npos || cell.text.find("↓") != std::string::npos ||
            cell.text.find("≠") != std::string::npos)
          return true;
  return false;
}

}  // namespace

TEST_CASE("a history of one run twice has no mark", "[history]") {
  CHECK_FALSE(any_mark(history_tables(history_over({commit("aaaa", 1), commit("bbbb", 1)}))));
}

TEST_CASE("a latency that doubles is marked in its line and listed with its interval", "[history]") {
  const auto tables = history_tables(history_over({commit("aaaa", 1), commit("bbbb", 2, 2)}));
  CHECK(tables.front().title.find("1 regression") != std::string::npos);
  const auto* latency = history_table_titled(tables, "Latency by commit");
  REQUIRE(latency);
  CHECK(latency->rows[1].back().text.find("↑") != std::string::npos);
  const auto* marked = history_table_titled(tables, "Marked changes of latency");
  REQUIRE(marked);
  REQUIRE(marked->rows.size() == 1);
  CHECK(marked->rows[0][2].text == "Block2");
  CHECK(marked->rows[0].back().text == "slower: regression");
}

TEST_CASE("a parameter count that changes is marked", "[history]") {
  auto second = commit("bbbb", 1);
  second.records.at("3").counts->params = 5000;
  const auto tables = history_tables(history_over({commit("aaaa", 1), second}));
  const auto* counts = history_table_titled(tables, "Counts that changed");
  REQUIRE(counts);
  CHECK(examples::row(*counts, 0) == "Block3 | params | 4,608 | 5,000 ≠");
}

TEST_CASE("a history's page holds a picture for each input and the tables, names escaped", "[history]") {
  auto first = commit("aaaa", 1);
  first.records.at("1").cell.variant = "<script>alert(1)</script>";
  std::vector<History> histories;
  histories.push_back(history_over({first, commit("bbbb", 2, 2)}));
  REQUIRE(history_figures(histories[0]).size() == 1);
  const auto page = history_page("History", histories);
  CHECK(page.find("<svg") != std::string::npos);
  CHECK(page.find("slower than before") != std::string::npos);
  CHECK(page.find("<script>alert") == std::string::npos);
}

TEST_CASE("runs are named by what tells them apart", "[overlay]") {
  auto a = commit("0d41e8104c6f", 1), b = commit("75a46a0bbbbb-dirty", 2);
  CHECK((run_labels({a, b}) == std::vector<std::string>{"0d41e81", "75a46a0+"}));
  b.environment.gpu = "NVIDIA H200";
  a.environment.cpu = "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz";
  CHECK((run_labels({a, b}) == std::vector<std::string>{"Xeon Platinum 8481C", "H200"}));
  CHECK((run_labels({a, a}) == std::vector<std::string>{"0d41e8104c6f", "0d41e8104c6f (2)"}));
}

TEST_CASE("runs of one machine are laid over one another with ratios, of two with levels alone",
          "[overlay]") {
  const auto a = commit("aaaa", 1);
  auto b = commit("bbbb", 2, 2), c = commit("cccc", 3, 2);
  c.environment.cpu = "Other CPU";
  const std::vector<std::string> labels{"a", "b", "c"};
  const RunSeries series({a, b, c}, Against::first, {});
  const auto tables = overlay_tables(series, labels);
  const auto* latencies = history_table_titled(tables, "Latencies");
  REQUIRE(latencies);
  CHECK((examples::headers(*latencies) ==
         std::vector<std::string>{"variant", "a (ms)", "b (ms)", "b / a", "c (ms)"}));
  CHECK(latencies->rows[1][3].text.find("↑") != std::string::npos);
  const auto& notes = tables.front().notes;
  CHECK(std::ranges::any_of(notes, [](const auto& note) {
    return note.find("c is another machine") == 0 && note.find("levels only") != std::string::npos;
  }));
  CHECK(overlay_page(series, labels, tables).find("levels only") != std::string::npos);
}
