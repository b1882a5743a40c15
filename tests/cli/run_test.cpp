#include "catch.hpp"
#include "process.hpp"
#include "schema.hpp"

#include <chrono>
#include <map>
#include <random>
#include <thread>

using namespace ablate::testing;

namespace {

Schema schema(const std::string& name) {
  return Schema(
      json::parse(text_of(std::filesystem::path(ABLATE_SOURCE_DIR) / "docs" / (name + ".schema.json"))));
}

std::vector<json> records_in(const std::filesystem::path& directory) {
  std::vector<json> records;
  for (const auto& line : whole_lines_of(directory / "records.jsonl")) records.push_back(json::parse(line));
  return records;
}

/// What must be the same in two runs of one study: all of the tables but their numbers.
json shape_of(const std::filesystem::path& directory) {
  auto tables = json::parse(text_of(directory / "tables.json"))["tables"];
  json shape;
  for (const auto& table : tables) {
    json headers;
    for (const auto& column : table["columns"]) headers.push_back(column.value("metric", ""));
    shape.push_back({table["section"], table["title"], headers, table["rows"].size()});
  }
  return shape;
}

/// Small enough to be killed often, large enough to be killed in the middle.
const std::vector<std::string> sweep{"--section", "latency",
                                     "--set",     "sections.latency.axes.device=[\"cpu\"]",
                                     "--set",     "protocols.quick.repeat=300"};

std::vector<std::string> run_quick(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"run", "configs/quick.json"};
  arguments.insert(arguments.end(), sweep.begin(), sweep.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("a whole run writes records and tables that fit their schemas", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate({"run", "configs/quick.json", "--out", scratch / "run"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);

  const auto record_schema = schema("record");
  const auto records = records_in(scratch / "run");
  CHECK(records.size() > 10);
  std::map<std::string, int> statuses;
  for (const auto& record : records) {
    CHECK(record_schema.error(record) == "");
    ++statuses[record["status"]];
  }
  CHECK(statuses["ok"] > 10);
  CHECK(statuses["failed"] == 0);
  CHECK(schema("tables").error(json::parse(text_of(scratch / "run/tables.json"))) == "");

  // Every section has its table on stdout and in the files.
  const auto study = json::parse(text_of(scratch / "run/study.json"));
  for (const auto& section : study["sections"]) {
    CHECK(run.out.find(section["title"].get<std::string>()) != std::string::npos);
    CHECK(text_of(scratch / "run/tables.md").find(section["title"].get<std::string>()) != std::string::npos);
  }
}

TEST_CASE("the schema check sees a record that does not fit", "[cli]") {
  const auto record_schema = schema("record");
  CHECK(record_schema.error(json::object()) != "");
  CHECK(record_schema.error(json{{"schema", "1"}}) != "");
}

TEST_CASE("a report is made anew from the records alone", "[cli]") {
  const Directory scratch;
  REQUIRE(run_ablate(run_quick({"--out", scratch / "run"})).exit_code == 0);
  const auto before = text_of(scratch / "run/tables.json");
  for (const auto* name : {"tables.md", "tables.json", "tables.csv"})
    std::filesystem::remove(scratch / (std::string("run/") + name));
  REQUIRE(run_ablate({"report", scratch / "run"}).exit_code == 0);
  CHECK(text_of(scratch / "run/tables.json") == before);
  CHECK(run_ablate({"report", scratch / "run", "--format", "csv"}).out ==
        text_of(scratch / "run/tables.csv"));
}

TEST_CASE("the page and the pictures are made of a run, and its commands measure a cell again", "[cli]") {
  const Directory scratch;
  REQUIRE(run_ablate(run_quick({"--set", "protocols.quick.repeat=10", "--out", scratch / "run"})).exit_code ==
          0);
  const auto report = run_ablate({"report", scratch / "run", "--html", "--figures", scratch / "figures"});
  REQUIRE(report.exit_code == 0);
  const auto page = text_of(scratch / "run/report.html");
  CHECK(page.starts_with("<!DOCTYPE html>"));
  std::size_t pictures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "figures"))
    if (entry.path().extension() == ".svg") ++pictures;
  CHECK(pictures > 0);

  const auto at = page.find(" --cell ");
  REQUIRE(at != std::string::npos);
  const auto id = page.substr(at + 8, 16);
  const auto again =
      run_ablate({"run", scratch / "run/study.json", "--cell", id, "--out", scratch / "again"});
  CHECK(again.exit_code == 0);
  REQUIRE(records_in(scratch / "again").size() == 1);
  CHECK(records_in(scratch / "again").front()["cell"] == id);
}

TEST_CASE("a run killed at any moment goes on, with no record lost or doubled", "[cli]") {
  const Directory scratch;
  REQUIRE(run_ablate(run_quick({"--out", scratch / "whole"})).exit_code == 0);
  const auto cells = records_in(scratch / "whole").size();

  const auto directory = scratch / "killed";
  std::mt19937 random(7);
  std::map<std::string, std::string> seen;
  for (int round = 0; round < 10; ++round) {
    const auto arguments = std::filesystem::exists(directory + "/study.json")
                               ? run_quick({"--resume", directory})
                               : run_quick({"--out", directory});
    const auto child = start(arguments, scratch);
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 1500));
    kill(child, SIGKILL);
    wait_for(child);
    // The last line may be cut off; every other one is there for good.
    std::map<std::string, std::string> now;
    for (const auto& line : whole_lines_of(directory + "/records.jsonl"))
      now[json::parse(line)["cell"]] = line;
    for (const auto& [cell, line] : seen) CHECK(now[cell] == line);
    seen = now;
  }
  const auto last =
      run_ablate(std::filesystem::exists(directory + "/study.json") ? run_quick({"--resume", directory})
                                                                    : run_quick({"--out", directory}));
  INFO(last.err);
  REQUIRE(last.exit_code == 0);
  const auto records = records_in(directory);
  std::set<std::string> ids;
  for (const auto& record : records) ids.insert(record["cell"]);
  CHECK(records.size() == cells);
  CHECK(ids.size() == cells);
  CHECK(shape_of(directory) == shape_of(scratch / "whole"));
}

TEST_CASE("Ctrl-C ends a run after the cell under way, and leaves tables", "[cli]") {
  const Directory scratch;
  const auto child =
      start(run_quick({"--out", scratch / "run", "--set", "protocols.quick.repeat=20000"}), scratch);
  while (records_in(scratch / "run").empty() && is_running(child))
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  kill(child, SIGINT);
  CHECK(wait_for(child) == 130);
  CHECK_FALSE(records_in(scratch / "run").empty());
  CHECK(text_of(scratch / "run/tables.md").find("not run") != std::string::npos);
  CHECK(text_of(scratch / "stderr").find("--resume") != std::string::npos);
}

TEST_CASE("another study is not resumed", "[cli]") {
  const Directory scratch;
  REQUIRE(run_ablate(run_quick({"--out", scratch / "run"})).exit_code == 0);
  const auto other = run_ablate({"run", "configs/params.json", "--resume", scratch / "run"});
  CHECK(other.exit_code == 2);
  CHECK(other.err.find("allowed") != std::string::npos);
  CHECK(run_ablate(run_quick({"--out", scratch / "run"})).exit_code == 2);
}

TEST_CASE("cells that fail give exit code 3 and their reason, and the others are measured", "[cli]") {
  const Directory scratch;
  const auto run =
      run_ablate(run_quick({"--out", scratch / "run", "--set", "sections.latency.axes.channels=[7,8]"}));
  CHECK(run.exit_code == 3);
  CHECK(run.out.find("an even integer") != std::string::npos);
  CHECK(run.err.find("failed") != std::string::npos);
}
