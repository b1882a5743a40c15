#include "ablate/run/run.hpp"

#include "ablate/base/error.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/run/build_cell.hpp"
#include "ablate/study/parse.hpp"
#include "catch.hpp"

#include <unistd.h>

using namespace ablate;

namespace {

/// A directory of the test's own, gone with it.
struct Directory {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("ablate_run_test_" + std::to_string(getpid()));
  Directory() { std::filesystem::remove_all(path); }
  ~Directory() { std::filesystem::remove_all(path); }
};

struct Quiet : RunObserver {
  std::vector<Record> records;
  std::function<void()> on_end = [] {};
  void starts(const Cell&, std::size_t) override {}
  void ended(const Record& record) override {
    records.push_back(record);
    on_end();
  }
};

ParsedStudy study_over(const std::string& axes) {
  return parse_study_text(R"({"study": "t", "title": "t",
    "defaults": {"channels": 8, "resolution": 8},
    "protocols": {"p": {"warmup": 1, "repeat": 3}},
    "variants": {"STM": {"block": "STMBlock"}},
    "sections": [{"id": "s", "title": "s", "axes": )" +
                              axes + R"(,
      "metrics": ["params", "latency"], "protocol": "p"}]})",
                          "test.json", block_specs());
}

struct Ran {
  RunOutcome outcome;
  std::vector<Record> records;
};

Ran run_over(const std::string& axes) {
  const Directory directory;
  const auto parsed = study_over(axes);
  const auto planned = plan(parsed.study, block_specs());
  auto store = RunStore::create(directory.path, parsed.json, {});
  Quiet observer;
  const std::atomic<bool> stop = false;
  const auto outcome = run(parsed.study, planned, store, {.environment = "e"}, observer, stop);
  return {outcome, observer.records};
}

}  // namespace

TEST_CASE("a measured cell has counts, parts, traits and samples", "[run]") {
  const auto ran = run_over(R"({"channels": [8]})");
  REQUIRE(ran.outcome.ok == 1);
  const auto& record = ran.records.front();
  CHECK(record.counts->params > 0);
  CHECK(record.latency->samples.size() == 3);
  CHECK_FALSE(record.parts.empty());
  CHECK_FALSE(record.traits.empty());
  CHECK(record.overhead_s > 0);
}

TEST_CASE("a fused cell is held against its train form, and its record says what computed it", "[run]") {
  const auto ran = run_over(R"({"form": ["deploy", "fused"], "kernel_size": [7, 11]})");
  REQUIRE(ran.outcome.ok == 4);
  for (const auto& record : ran.records) {
    CHECK(record.equality->relative <= 1e-5);
    CHECK(record.kernel.has_value() == (record.cell.form == Form::fused));
    if (!record.kernel) continue;
    const bool has_kernel = std::get<std::int64_t>(record.cell.options.at("kernel_size")) == 7;
    CHECK((record.kernel->scheme == "folded") != has_kernel);
    CHECK_FALSE(record.kernel->why.empty());
  }
}

TEST_CASE("a cell that cannot work is recorded as failed, and the run goes on", "[run]") {
  const auto ran = run_over(R"({"channels": [7, 8]})");
  CHECK(ran.outcome.failed == 1);
  CHECK(ran.outcome.ok == 1);
  CHECK(ran.records[0].reason.find("STMBlock.in_channels: 7") == 0);
  CHECK_FALSE(ran.records[0].latency);
}

TEST_CASE("a cell that no memory holds is recorded as failed, and the run goes on", "[run]") {
  const auto ran = run_over(R"({"resolution": [32768, 8], "batch": 2048})");  // the first: 200 TB
  CHECK(ran.outcome.failed == 1);
  CHECK(ran.outcome.ok == 1);
  CHECK(ran.records[0].reason.find("memory") == 0);
}

TEST_CASE("a cell of a device that is not here is skipped with its counts", "[run]") {
  if (why_not_here("cuda:63").empty()) return;
  const auto ran = run_over(R"({"device": ["cuda:63", "cpu"]})");
  CHECK(ran.outcome.skipped == 1);
  CHECK(ran.outcome.ok == 1);
  CHECK(ran.records[0].counts);
  CHECK_FALSE(ran.records[0].latency);
  CHECK_FALSE(ran.records[0].reason.empty());
}

TEST_CASE("a run that is told to stop ends after the cell under way, and goes on where it stopped", "[run]") {
  const Directory directory;
  const auto parsed = study_over(R"({"channels": [8, 16, 24]})");
  const auto planned = plan(parsed.study, block_specs());
  std::atomic<bool> stop = false;
  {
    auto store = RunStore::create(directory.path, parsed.json, {});
    Quiet observer;
    observer.on_end = [&] { stop = true; };
    CHECK(run(parsed.study, planned, store, {.environment = "e"}, observer, stop).interrupted);
    CHECK(observer.records.size() == 1);
  }
  stop = false;
  auto store = RunStore::resume(directory.path, parsed.json, {}, false);
  Quiet observer;
  const auto outcome = run(parsed.study, planned, store, {.environment = "e"}, observer, stop);
  CHECK_FALSE(outcome.interrupted);
  CHECK(outcome.ok == 3);
  CHECK(observer.records.size() == 2);
  CHECK(read_records(directory.path).size() == 3);
}

TEST_CASE("a cell's block and input do not depend on what was built before it", "[run]") {
  const auto parsed = study_over(R"({"form": ["train", "deploy"], "channels": [8, 16]})");
  const auto planned = plan(parsed.study, block_specs());
  torch::NoGradGuard no_grad;
  const auto first = build_cell(planned.cells[0]);
  build_cell(planned.cells[3]);
  const auto again = build_cell(planned.cells[0]);
  CHECK(torch::equal(first.input, again.input));
  CHECK(torch::equal(first.block->run(first.input).front(), again.block->run(again.input).front()));

  // Another form of the same block has the same weights and input.
  const auto other =
      build_cell(planned.cells[1].form == planned.cells[0].form ? planned.cells[2] : planned.cells[1]);
  CHECK(torch::equal(other.input, first.input));
  CHECK(torch::allclose(other.block->run(other.input).front(), first.block->run(first.input).front(), 1e-4,
                        1e-5));
}
