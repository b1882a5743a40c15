#include "catch.hpp"
#include "process.hpp"
#include "schema.hpp"

#include <algorithm>
#include <set>
#include <sstream>

using namespace ablate::testing;

namespace {

/// Small, and with few calls: what is measured here says nothing.
std::vector<std::string> bench_small(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"bench", "DWBlock",    "STMBlock", "--device",     "cpu",  "--threads",
                                     "1",     "--channels", "8,8:16",   "--resolution", "8x16", "--protocol",
                                     "fixed", "--warmup",   "1",        "--repeat",     "3"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::set<std::string> cells_of(const std::vector<std::string>& arguments) {
  const auto plan = run_ablate(arguments);
  INFO(plan.err);
  REQUIRE(plan.exit_code == 0);
  std::set<std::string> cells;
  std::istringstream lines(plan.out);
  for (std::string line; std::getline(lines, line);)
    if (line.find(" s  ") != std::string::npos) cells.insert(line.substr(0, 16));
  return cells;
}

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("a bench measures, prints its table with a baseline, and keeps the study", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate(
      bench_small({"--forms", "train,deploy", "--out", scratch / "run", "--save", scratch / "study.json"}));
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(says(run.out, "STMBlock against DWBlock"));
  CHECK(says(run.out, "median vs DWBlock"));
  CHECK(says(run.out, "baseline"));
  CHECK(whole_lines_of(scratch / "run/records.jsonl").size() == 8);
  CHECK(text_of(scratch / "run/study.json") == text_of(scratch / "study.json"));
  const auto kept = cells_of({"plan", scratch / "study.json"});
  CHECK(kept.size() == 8);
  CHECK(kept == cells_of(bench_small({"--forms", "train,deploy", "--dry-run"})));
  CHECK(says(text_of(scratch / "study.json"), "[8, 16]"));
}

TEST_CASE("a bench without a device says which it takes", "[cli]") {
  const auto run = run_ablate({"bench", "DWBlock", "--dry-run"});
  CHECK(run.exit_code == 0);
  CHECK(says(run.err, "device: c"));
}

TEST_CASE("options go to the blocks that have them, several values are an axis", "[cli]") {
  CHECK(cells_of(bench_small({"--option", "kernel_size=5,7", "--option", "dropout_rate=0", "--dry-run"}))
            .size() == 8);
  CHECK(cells_of({"bench", "DWBlock", "DWBlock:kernel_size=3", "--device", "cpu", "--dry-run"}).size() == 2);
  const auto unknown = run_ablate(bench_small({"--option", "kernal_size=5"}));
  CHECK(unknown.exit_code == 2);
  CHECK(says(unknown.err, "did you mean kernel_size?"));
  CHECK(says(unknown.err, "see: ablate list blocks"));
}

TEST_CASE("a file among the blocks becomes a block of the study", "[cli]") {
  const Directory scratch;
  const auto missing = run_ablate({"bench", "DWBlock", scratch / "none.pt", "--device", "cpu"});
  CHECK(missing.exit_code == 2);
  CHECK(says(missing.err, "there is no such file"));
}

TEST_CASE("what no bench can be made of is wrong input", "[cli]") {
  const auto wrong = [](const std::vector<std::string>& more, const std::string& message) {
    const auto run = run_ablate(bench_small(more));
    INFO(run.err);
    CHECK(run.exit_code == 2);
    CHECK(says(run.err, message));
  };
  wrong({"--channels", "8:"}, "a number, or IN:OUT");
  wrong({"--channels", "0"}, "/axes/channels");
  wrong({"--resolution", "8:8"}, "HEIGHTxWIDTH");
  wrong({"--batch", "two"}, "--batch");
  wrong({"--forms", "fussed"}, "did you mean fused?");
  wrong({"--metrics", "latencie"}, "see: ablate list metrics");
  wrong({"--option", "kernel_size"}, "OPTION=VALUE");
  wrong({"DWBlock"}, "a second time");
  wrong({"DWBlok"}, "did you mean DWBlock?");
}

TEST_CASE("init writes a study that runs, and does not write over one", "[cli]") {
  const Directory scratch;
  const auto file = scratch / "study.json";
  REQUIRE(run_ablate({"init", file}).exit_code == 0);
  CHECK(text_of(file).starts_with("// "));
  CHECK(cells_of({"plan", file}).size() > 4);
  const auto again = run_ablate({"init", file});
  CHECK(again.exit_code == 2);
  CHECK(says(again.err, "--force"));
  CHECK(run_ablate({"init", file, "--force"}).exit_code == 0);
  const auto run = run_ablate({"run", file, "--threads", "1", "--out", scratch / "run", "--set",
                               "protocols.quick.budget_s=0.05", "--set", "defaults.channels=8", "--set",
                               "sections.channels.axes.channels=[8]", "--set", "defaults.resolution=8"});
  INFO(run.err);
  CHECK(run.exit_code == 0);
  CHECK(says(run.out, "deploying-pays"));
  // The copy beside the records is plain JSON.
  CHECK(json::parse(text_of(scratch / "run/study.json"))["study"] == "mine");
}

TEST_CASE("a number of a run is explained", "[cli]") {
  const Directory scratch;
  REQUIRE(run_ablate(bench_small({"--out", scratch / "run"})).exit_code == 0);
  const auto record = json::parse(whole_lines_of(scratch / "run/records.jsonl").back());
  const std::string id = record["cell"];
  const auto told = run_ablate({"explain", id.substr(0, 10), scratch / "run"});
  INFO(told.err);
  REQUIRE(told.exit_code == 0);
  for (const auto& what : {"Cell " + id, std::string("STMBlock"), std::string("Latency of a call"),
                           std::string("Shown in"), "--cell " + id})
    CHECK(says(told.out, what));
  const auto as_json = json::parse(run_ablate({"explain", id, scratch / "run", "--json"}).out);
  CHECK(as_json["record"]["params"] == record["params"]);
  const auto unknown = run_ablate({"explain", "zzzz", scratch / "run"});
  CHECK(unknown.exit_code == 2);
  CHECK(says(unknown.err, "no cell is \"zzzz\""));
}
