#include "ablate/verdict/history.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "verdict/compared_runs.hpp"

#include <algorithm>

using namespace ablate;
using examples::three_cells;

namespace {

/// Three cells at a commit, measured at that hour; the second slower by a factor.
ComparedRun at_commit(const std::string& revision, int hour, std::uint64_t seed, double second = 1) {
  auto run = three_cells(revision, seed, 1, second);
  run.environment.revision = revision;
  run.environment.time = "2026-11-23T0" + std::to_string(hour) + ":00:00Z";
  return run;
}

const SeriesCell& line(const History& history, const std::string& id) {
  for (const auto& each : history.series.cells())
    if (each.cell.id == id) return each;
  throw std::logic_error("no such cell");
}

std::vector<std::string> revisions(const History& history) {
  std::vector<std::string> names;
  for (const auto& run : history.series.runs()) names.push_back(run.environment.revision);
  return names;
}

}  // namespace

TEST_CASE("one run at two commits marks nothing", "[history]") {
  const auto histories = histories_of({at_commit("aaaa", 1, 1), at_commit("bbbb", 2, 1)}, {}, {});
  REQUIRE(histories.size() == 1);
  for (const auto& each : histories[0].series.cells()) CHECK(each.readings[1].change->change == Change::same);
  CHECK(exit_code(histories) == 0);
}

TEST_CASE("a latency that doubles is marked at its commit, and there alone", "[history]") {
  const auto histories =
      histories_of({at_commit("aaaa", 1, 1), at_commit("bbbb", 2, 2, 2), at_commit("cccc", 3, 3, 2)}, {}, {});
  const auto cell = line(histories[0], "2");
  CHECK(cell.readings[1].change->change == Change::slower);
  CHECK(cell.readings[1].change->regression);
  CHECK(cell.readings[2].change->change != Change::slower);
  CHECK(line(histories[0], "1").readings[1].change->change != Change::slower);
  CHECK(std::ranges::count(histories[0].overall, true, &CellComparison::regression) == 1);
  CHECK(exit_code(histories) == 0);  // the last commit is no slower than the one before
}

TEST_CASE("a regression at the last commit fails", "[history]") {
  CHECK(exit_code(histories_of({at_commit("aaaa", 1, 1), at_commit("bbbb", 2, 2, 2)}, {}, {})) == 1);
}

TEST_CASE("a count that changes at the last commit fails", "[history]") {
  auto last = at_commit("bbbb", 2, 1);
  last.records.at("1").counts->params += 1;
  CHECK(exit_code(histories_of({at_commit("aaaa", 1, 1), last}, {}, {})) == 1);
}

TEST_CASE("runs are in the order of the commits that are listed, else of their times", "[history]") {
  const std::vector<ComparedRun> runs{at_commit("bbbbbbbbbbbb", 1, 1), at_commit("aaaaaaaaaaaa", 2, 2),
                                      at_commit("cccccccccccc-dirty", 3, 3)};
  CHECK((revisions(histories_of(runs, {}, {})[0]) ==
         std::vector<std::string>{"bbbbbbbbbbbb", "aaaaaaaaaaaa", "cccccccccccc-dirty"}));
  const auto listed = histories_of(runs, parse_commits("aaaaaaa The first\nbbbbbbb\n\n", "list"), {});
  CHECK((revisions(listed[0]) == std::vector<std::string>{"aaaaaaaaaaaa", "bbbbbbbbbbbb"}));
  CHECK(listed[0].subjects.front() == "The first");
  CHECK(listed[0].remarks.size() == 1);
}

TEST_CASE("runs of one revision are pooled, those with changes on top are not", "[history]") {
  const auto history = std::move(histories_of({at_commit("aaaa", 1, 1), at_commit("aaaa", 2, 2),
                                               at_commit("bbbb-dirty", 3, 3), at_commit("bbbb-dirty", 4, 4)},
                                              {}, {})[0]);
  CHECK((history.pooled == std::vector<std::size_t>{2, 1, 1}));
  CHECK(line(history, "1").readings[0].record->latency->samples.size() == 800);
}

TEST_CASE("each machine has a history of its own", "[history]") {
  auto elsewhere = at_commit("bbbb", 2, 2, 2);
  elsewhere.environment.cpu = "Other CPU";
  const auto histories = histories_of({at_commit("aaaa", 1, 1), elsewhere}, {}, {});
  CHECK(histories.size() == 2);
  CHECK(exit_code(histories) == 0);
}

TEST_CASE("a cell that a commit lacks is compared with nothing", "[history]") {
  auto second = at_commit("bbbb", 2, 2);
  second.records.erase("2");
  const auto histories = histories_of({at_commit("aaaa", 1, 1), second, at_commit("cccc", 3, 3, 2)}, {}, {});
  CHECK(line(histories[0], "2").readings[1].record == nullptr);
  CHECK_FALSE(line(histories[0], "2").readings[2].change);
  CHECK(std::ranges::count(histories[0].overall, true, &CellComparison::regression) == 1);
}

TEST_CASE("a list of commits that is none is refused with its line", "[history]") {
  try {
    parse_commits("aaaa\nHEAD~1 x\n", "list.txt");
    FAIL("taken");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()).find("list.txt:2: \"HEAD~1\"") == 0);
  }
  CHECK_THROWS_AS(histories_of({at_commit("aaaa", 1, 1)}, parse_commits("bbbb", "list"), {}), UserError);
}
