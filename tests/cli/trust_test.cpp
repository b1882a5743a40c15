#include "catch.hpp"
#include "process.hpp"
#include "schema.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>

using namespace ablate::testing;

namespace {

/// A paired study of two blocks that is sure of what it claims: counts, and a block against a larger one.
constexpr auto paired_study = R"({
  "study": "paired", "defaults": {"channels": 64, "resolution": 16, "form": "deploy"},
  "protocols": {"p": {"kind": "paired", "precision": 0.2, "budget_s": 4}, "f": {"warmup": 2, "repeat": 20}},
  "variants": {"DW": {"block": "DWBlock"}, "Fast": {"block": "FastSTMBlock"}},
  "sections": [{"id": "s", "axes": {"resolution": [16, 64]}, "metrics": ["params", "latency.median", "latency.device"],
                "protocol": "p", "baseline": {"variant": "DW"}}],
  "claims": [
    {"id": "more", "text": "Fast has more parameters", "section": "s", "metric": "params", "variant": "Fast", "is": "above",
     "other": "DW", "expect": "supported"},
    {"id": "fewer", "text": "Fast has fewer parameters", "section": "s", "metric": "params", "variant": "Fast", "is": "below",
     "other": "DW", "expect": "EXPECTED"}]
})";

std::string study_expecting(const std::string& verdict) {
  std::string text = paired_study;
  return text.replace(text.find("EXPECTED"), 8, verdict);
}

std::map<std::string, json> records_of(const std::string& directory) {
  std::map<std::string, json> records;
  for (const auto& line : whole_lines_of(directory + "/records.jsonl")) {
    auto record = json::parse(line);
    records[record["cell"]] = record;
  }
  return records;
}

}  // namespace

TEST_CASE("a paired run fits the schema, samples by rounds and gives the baseline a twin", "[cli]") {
  const Directory scratch;
  write(scratch / "study.json", study_expecting("refuted"));
  const auto run = run_ablate({"run", scratch / "study.json", "--out", scratch / "run", "--check-claims"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  const Schema schema(
      json::parse(text_of(std::filesystem::path(ABLATE_SOURCE_DIR) / "docs/record.schema.json")));
  int twins = 0;
  std::size_t layouts = 0;  // of the baseline that had the most
  std::set<std::string> groups;
  for (const auto& [id, record] : records_of(scratch / "run")) {
    CHECK(schema.error(record) == "");
    CHECK(record["pairing"]["layout_ends"].back() == record["latency_s"]["samples"].size());
    if (record["pairing"].contains("twin"))
      ++twins, layouts = std::max(layouts, record["pairing"]["layout_ends"].size());
    groups.insert(record["pairing"]["group"].get<std::string>());
    CHECK(record["equality"]["max_rel"].get<double>() < 1e-5);
    CHECK(record["attained"]["roofline"].get<double>() > 0);
  }
  CHECK(twins == 2);
  CHECK(groups.size() == 2);
  CHECK(run.out.find("supported") != std::string::npos);
  // On a machine so busy that time is over after a layout or two there is no floor.
  CHECK((run.out.find("oise floor") != std::string::npos || layouts < 3));
}

TEST_CASE("a claim that comes out otherwise than expected is an exit code", "[cli]") {
  const Directory scratch;
  write(scratch / "study.json", study_expecting("supported"));
  const auto run = run_ablate(
      {"run", scratch / "study.json", "--protocol", "f", "--out", scratch / "run", "--check-claims"});
  CHECK(run.exit_code == 1);
  CHECK(run.err.find("fewer") != std::string::npos);
  CHECK(run_ablate({"report", scratch / "run"}).exit_code == 0);
  CHECK(run_ablate({"report", scratch / "run", "--check-claims"}).exit_code == 1);
}

TEST_CASE("a run compared with itself shows no difference, with another machine's it is refused", "[cli]") {
  const Directory scratch;
  write(scratch / "study.json", study_expecting("refuted"));
  REQUIRE(run_ablate({"run", scratch / "study.json", "--out", scratch / "run"}).exit_code == 0);
  const auto same = run_ablate({"compare", scratch / "run", scratch / "run"});
  INFO(same.err);
  CHECK(same.exit_code == 0);
  // No load makes a run a thousand times as slow as the one before.
  CHECK(run_ablate({"run", scratch / "study.json", "--out", scratch / "again", "--baseline", scratch / "run",
                    "--threshold", "100000"})
            .exit_code == 0);

  auto environment = json::parse(text_of(scratch / "run/environment.json"));
  environment["cpu"] = "another processor";
  write(scratch / "again/environment.json", environment.dump());
  const auto refused = run_ablate({"compare", scratch / "run", scratch / "again"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("another processor") != std::string::npos);
  CHECK(run_ablate(
            {"compare", scratch / "run", scratch / "again", "--across-machines", "--threshold", "100000"})
            .out.find("ACROSS MACHINES") != std::string::npos);
}

TEST_CASE("a budget is kept, and spent on what is least decided", "[cli]") {
  const Directory scratch;
  write(scratch / "study.json", study_expecting("refuted"));
  const auto run = run_ablate({"run", scratch / "study.json", "--out", scratch / "run", "--budget", "2s",
                               "--set", "protocols.p.precision=0.0001"});
  INFO(run.err);
  CHECK(run.exit_code == 0);
  for (const auto& [id, record] : records_of(scratch / "run"))
    CHECK(record["pairing"]["stopped"] == "budget");
}

TEST_CASE("a paired run that was killed goes on with the groups that it had not measured", "[cli]") {
  const Directory scratch;
  write(scratch / "study.json", study_expecting("refuted"));
  const auto child = start(
      {"run", scratch / "study.json", "--out", scratch / "run", "--set", "protocols.p.precision=0.0001"},
      scratch);
  while (records_of(scratch / "run").empty() && is_running(child))
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(child, SIGKILL);
  CHECK(wait_for(child) == -SIGKILL);
  const auto before = records_of(scratch / "run");
  CHECK_FALSE(before.empty());
  const auto resumed = run_ablate({"run", "--resume", scratch / "run"});
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  const auto after = records_of(scratch / "run");
  CHECK(after.size() == 4);
  for (const auto& [id, record] : before) CHECK(after.at(id) == record);
}

TEST_CASE("several processes are pooled, each with its own directory", "[cli]") {
  const Directory scratch;
  write(scratch / "study.json", study_expecting("refuted"));
  const auto run = run_ablate({"run", scratch / "study.json", "--out", scratch / "run", "--processes", "2"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  const auto first = records_of(scratch / "run/process-1"), second = records_of(scratch / "run/process-2");
  for (const auto& [id, record] : records_of(scratch / "run")) {
    const auto count = [](const json& of) { return of["latency_s"]["samples"].size(); };
    CHECK(count(record) == count(first.at(id)) + count(second.at(id)));
    CHECK(record["pairing"]["process_ends"].size() == 2);
  }
}

TEST_CASE("the check of the measuring itself counts what it calls different", "[cli]") {
  const auto check = run_ablate({"selfcheck", "configs/quick.json", "--section", "latency", "--comparisons",
                                 "2", "--precision", "0.5", "--seconds", "0.5"});
  INFO(check.err);
  CHECK(check.exit_code == 0);
  CHECK(check.out.find("noise floor") != std::string::npos);
  const auto slow = run_ablate({"selfcheck", "configs/quick.json", "--section", "latency", "--comparisons",
                                "2", "--precision", "0.2", "--seconds", "6", "--delay", "9"});
  INFO(slow.err);
  CHECK(slow.exit_code == 0);
  // Each line of progress: the cell, the ratio, its interval, the truth. A busy machine may leave the
  // interval open, and its calls take longer than the one that the delay was made for; but the truth says by
  // how much.
  std::istringstream lines(slow.err);
  int trials = 0;
  for (std::string line; std::getline(lines, line); ++trials) {
    double ratio = 0, low = 0, high = 0, truth = 0;
    REQUIRE(std::sscanf(line.c_str(), "%*s %lf (%lf to %lf), truth %lf", &ratio, &low, &high, &truth) == 4);
    CHECK(ratio > truth / 2);
  }
  CHECK(trials == 2);
}
