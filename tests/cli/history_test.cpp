#include "catch.hpp"
#include "process.hpp"

using namespace ablate::testing;

namespace {

const std::string runs = "docs/results/history";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("this project's own history is a table and a page", "[cli]") {
  const Directory scratch;
  const auto shown = run_ablate({"history", runs, "--check", "--html-file", scratch / "history.html"});
  INFO(shown.err);
  CHECK(shown.exit_code == 0);
  CHECK(contains(shown.out, "Latency by commit"));
  CHECK(contains(text_of(scratch / "history.html"), "<svg"));
  CHECK(contains(run_ablate({"history", runs, "--format", "csv"}).out, ",latency.low,"));
}

TEST_CASE("a list of commits orders a history, and chooses from it", "[cli]") {
  const Directory scratch;
  write(scratch / "commits", "0d41e81 The later one, first\n9eff068 The earlier one\n");
  const auto shown = run_ablate({"history", runs, "--commits", scratch / "commits"});
  CHECK(shown.exit_code == 0);
  CHECK(contains(shown.out, "2 commits"));
  CHECK(contains(shown.out, "left out"));
  CHECK(shown.out.find("0d41e81 ") < shown.out.find("9eff068 "));
  write(scratch / "commits", "HEAD~1\n");
  CHECK(run_ablate({"history", runs, "--commits", scratch / "commits"}).exit_code == 2);
}

TEST_CASE("a folder without runs has no history", "[cli]") {
  const Directory scratch;
  const auto refused = run_ablate({"history", scratch.path.string()});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "holds no run"));
}

TEST_CASE("two machines' runs are laid over one another, levels only", "[cli]") {
  const Directory scratch;
  const auto shown = run_ablate({"report", "docs/results/notebook-cpu", "docs/results/notebook-h200",
                                 "--format", "latex", "--html-file", scratch / "both.html"});
  INFO(shown.err);
  CHECK(shown.exit_code == 0);
  CHECK(contains(shown.out, "levels only"));
  CHECK(contains(shown.out, "\\toprule"));
  CHECK(contains(text_of(scratch / "both.html"), "<svg"));
  CHECK(
      run_ablate({"report", runs + "/3-9eff068/round-1", runs + "/7-0d41e81/round-1", "--html"}).exit_code ==
      2);
}
