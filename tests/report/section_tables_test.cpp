#include "ablate/report/format.hpp"
#include "catch.hpp"
#include "report/example_study.hpp"

using namespace ablate;
using namespace examples;

namespace {

std::vector<Table> tables_of(const Planned& planned, const Records& records) {
  return section_tables(planned.study, planned.plan, planned.plan.sections.at(0), records);
}

/// A takes 200 µs, B 100 µs and C 300 µs, each a tenth of it deployed on the GPU; 0.4 % spread.
Record filled(const Cell& cell) {
  auto record = record_of(cell);
  const double mean = cell.variant == "A" ? 200e-6 : cell.variant == "B" ? 100e-6 : 300e-6;
  record.latency = latency(cell.form == Form::train ? mean * 2 : mean, mean * 0.004);
  const std::int64_t params = cell.variant == "A" ? 4608 : cell.variant == "B" ? 2560 : 6528;
  record.counts = Counts{params * cell.channels.out / 64, 10, 1000, 8192};
  return record;
}

const char* latency_by_form = R"({"id": "cpu", "title": "CPU latency", "variants": ["A", "B", "C"],
  "axes": {"form": ["train", "deploy"], "device": "cpu"}, "metrics": ["latency.mean", "latency.std"],
  "protocol": "p", "baseline": {"variant": "A", "form": "train"}, "table": {"rows": ["form", "variant"]}})";

const char* channels_by_device = R"({"id": "channels", "title": "Latency vs channels",
  "variants": ["A", "B"], "axes": {"device": ["cuda", "cpu"], "channels": [24, [64, 96]]},
  "metrics": ["latency", "params"], "protocol": "p",
  "table": {"split": ["device"], "rows": ["channels"], "columns": ["metric", "variant"]}})";

}  // namespace

TEST_CASE("a latency table has mean, spread and the distance to its baseline", "[report]") {
  const auto planned = examples::planned(latency_by_form);
  const auto tables = tables_of(planned, records_of(planned, filled));
  REQUIRE(tables.size() == 1);
  const auto& table = tables.front();
  CHECK(headers(table) == std::vector<std::string>{"form", "variant", "mean (µs)", "std (µs)", "vs A train"});
  CHECK(row(table, 0) == "train | A | 400.0 | 0.8 | baseline");
  CHECK(row(table, 1) == "train | B | 200.0 | 0.4 | -50.0%");
  CHECK(row(table, 5) == "deploy | C | 300.0 | 1.2 | -25.0%");
  CHECK(table.notes.front() == "batch 1, 64 channels, 64×64, cpu, float32; 2 warm-up and 4 timed calls");
  CHECK(std::get<double>(table.rows[5][2].value) == 300e-6);
  CHECK(table.columns[2].unit == "s");
  CHECK(table.columns[4].metric == "latency.mean.vs_baseline");
}

TEST_CASE("a matched table says how wide its variants are, and what that gives", "[report]") {
  const auto planned = examples::planned(R"({"id": "equal", "variants": ["A", "B"],
    "axes": {"channels": [64, 128]}, "metrics": ["width", "params"],
    "match": {"metric": "params", "by": "width", "to": "A", "solved": [
      {"variant": "B", "at": {"channels": "64"}, "channels": 96, "ratio": 0.985},
      {"variant": "B", "at": {"channels": "128"}, "channels": 200, "ratio": 1.0123}]},
    "table": {"split": ["channels"], "rows": ["variant"]}})");
  const auto tables = tables_of(planned, records_of(planned, filled));
  REQUIRE(tables.size() == 2);
  CHECK(row(tables[0], 0) == "A | 64 | 4,608");
  CHECK(row(tables[0], 1) == "B | 96 | 3,840");
  CHECK(row(tables[1], 1) == "B | 200 | 8,000");
  CHECK(tables[1].notes.back() ==
        "as wide as gives the params of A at 128 channels, counted in the form deploy: B 200 channels, 1.012 "
        "×");
}

TEST_CASE("a split gives a table a label, metrics stand where the layout puts them", "[report]") {
  const auto planned = examples::planned(channels_by_device);
  const auto tables = tables_of(planned, records_of(planned, filled));
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].title == "Latency vs channels: cuda");
  CHECK(headers(tables[1]) ==
        std::vector<std::string>{"channels", "latency A (µs)", "latency B (µs)", "params A", "params B"});
  CHECK(row(tables[1], 1) == "64→96 | 200.0 ± 0.8 | 100.0 ± 0.4 | 6,912 | 3,840");
}

TEST_CASE("a table of skipped cells is its title and one line, its counts are kept", "[report]") {
  const auto planned = examples::planned(channels_by_device);
  const auto without = records_of(
      planned, [](const Cell& cell) { return cell.device == "cuda" ? skipped(cell) : filled(cell); });
  auto tables = tables_of(planned, without);
  CHECK(to_text(tables[0]) ==
        "Latency vs channels: cuda\n═════════════════════════\nall 4 cells skipped: CUDA is not available "
        "here\n");
  CHECK(to_markdown(tables[0]) ==
        "## Latency vs channels: cuda\n\nall 4 cells skipped: CUDA is not available here\n");
  CHECK(tables[0].rows.size() == 2);

  const auto counted = records_of(planned, [](const Cell& cell) {
    auto record = cell.device == "cuda" ? skipped(cell) : filled(cell);
    record.counts = Counts{1584, 0, 0, 0};
    return record;
  });
  tables = tables_of(planned, counted);
  CHECK(row(tables[0], 0) == "24 | skipped | skipped | 1,584 | 1,584");
  CHECK(headers(tables[0]).at(1) == "latency A");
}

TEST_CASE("what failed and what was not run is told below the title", "[report]") {
  const auto planned = examples::planned(latency_by_form);
  auto records = records_of(planned, filled);
  const auto& cells = planned.plan.cells;
  for (std::size_t i = 0; i < 5; ++i)
    records.insert_or_assign(cells[i].id, failed(cells[i], "out of memory"));
  records.erase(cells[5].id);
  records.insert_or_assign(cells[0].id, filled(cells[0]));
  const auto table = tables_of(planned, records).front();
  REQUIRE(table.notes.size() == 6);
  CHECK(table.notes[1] == "B at train failed: out of memory");
  CHECK(table.notes[4] == "and 1 cell more failed");
  CHECK(table.notes[5] == "1 cell not run: the run ended before");
  CHECK(row(table, 1) == "train | B | failed | failed | failed");
  CHECK(row(table, 5) == "deploy | C | not run | not run | not run");
}

TEST_CASE("fused cells that ran as folded are told below the title, where they are timed", "[report]") {
  const auto fused = [](const Cell& cell) {
    auto record = filled(cell);
    record.kernel = cell.variant == "A" ? Kernel{"two passes", "it is large"}
                                        : Kernel{"folded", "kernel size 11: 1, 3, 5, 7 and 9 have one"};
    return record;
  };
  const auto timed = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B", "C"],
    "axes": {"form": "fused"}, "metrics": ["latency"], "protocol": "p"})");
  const auto table = tables_of(timed, records_of(timed, fused)).front();
  REQUIRE(table.notes.size() == 2);
  CHECK(table.notes[1] ==
        "2 cells of the form fused ran as folded: kernel size 11: 1, 3, 5, 7 and 9 have one");

  const auto counted = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B", "C"],
    "axes": {"form": "fused"}, "metrics": ["params"]})");
  CHECK(tables_of(counted, records_of(counted, fused)).front().notes.size() == 1);
}

TEST_CASE("a skipped cell that was counted is missing nothing where counts are shown", "[report]") {
  const auto planned =
      examples::planned(R"({"id": "s", "title": "S", "variants": ["A"], "metrics": ["params"]})");
  const auto table = tables_of(planned, records_of(planned,
                                                   [](const Cell& cell) {
                                                     auto record = skipped(cell);
                                                     record.counts = Counts{7, 0, 0, 0};
                                                     return record;
                                                   }))
                         .front();
  CHECK(table.notes == std::vector<std::string>{"64 channels, deploy"});
}

TEST_CASE("groups head their variants, and places where nothing stands have no row", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B", "C"],
    "metrics": ["latency.median"], "protocol": "p", "table": {"rows": ["group", "variant"]}})");
  const auto table = tables_of(planned, records_of(planned, filled)).front();
  REQUIRE(table.rows.size() == 3);
  CHECK(row(table, 2) == "fast | C | 300.0");
  const auto text = to_text(table);
  CHECK(text.find("fast   B") != std::string::npos);
  CHECK(text.find("       C") != std::string::npos);
}

TEST_CASE("variants across have a column each to tell how they lie to the baseline", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B"],
    "axes": {"channels": [64, 128]}, "metrics": ["params"], "baseline": {"variant": "A"},
    "table": {"rows": ["channels"], "columns": ["variant"]}})");
  const auto table = tables_of(planned, records_of(planned, filled)).front();
  CHECK(headers(table) == std::vector<std::string>{"channels", "A", "B", "B vs A"});
  CHECK(row(table, 1) == "128 | 9,216 | 5,120 | -44.4%");
}

TEST_CASE("metrics may stand down the side, each row with its unit", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B"],
    "metrics": ["latency.mean", "params"], "protocol": "p",
    "table": {"rows": ["metric"], "columns": ["variant"]}})");
  const auto tables = tables_of(planned, records_of(planned, filled));
  CHECK(headers(tables.front()) == std::vector<std::string>{"metric", "A", "B"});
  CHECK(row(tables.front(), 0) == "mean (µs) | 200.0 | 100.0");
  CHECK(to_csv(tables).find("s,S,metric=params,B,params,2560,,\"2,560\",") != std::string::npos);
}

TEST_CASE("a part table has a row a child, what the block itself holds, and the total", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["C"],
    "metrics": ["params"], "table": {"rows": ["part"]}})");
  const auto table =
      tables_of(
          planned,
          records_of(
              planned,
              [](const Cell& cell) {
                auto record = filled(cell);
                record.parts = {{"mix_conv", "Conv2d 1x1", 4096, 0}, {"mix_bn", "BatchNorm2d", 128, 10}};
                return record;
              }))
          .front();
  CHECK(headers(table) == std::vector<std::string>{"part", "type", "params"});
  CHECK(row(table, 0) == "mix_conv | Conv2d 1x1 | 4,096");
  CHECK(row(table, 2) == "(own) |  | 2,304");
  CHECK(row(table, 3) == "total |  | 6,528");
}

TEST_CASE("a trait table has a row a trait and a column a variant", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B"],
    "metrics": ["traits"], "table": {"rows": ["trait"], "columns": ["variant"]}})");
  const auto table =
      tables_of(planned, records_of(planned,
                                    [](const Cell& cell) {
                                      auto record = record_of(cell);
                                      record.traits = {{"split", cell.variant == "A" ? "none" : "chunk"}};
                                      if (cell.variant == "B")
                                        record.traits.emplace_back("mixing", "shuffle");
                                      return record;
                                    }))
          .front();
  CHECK(headers(table) == std::vector<std::string>{"trait", "A", "B"});
  CHECK(row(table, 0) == "split | none | chunk");
  CHECK(row(table, 1) == "mixing | — | shuffle");
}

TEST_CASE("launching has a column on CUDA; on the CPU, where it would repeat the host's, none", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["A"],
    "axes": {"device": ["cuda", "cpu"]}, "metrics": ["latency.median", "latency.device", "latency.launch"],
    "protocol": "p", "table": {"split": ["device"], "rows": ["variant"]}})");
  const auto tables = tables_of(planned, records_of(planned, [](const Cell& cell) {
                                  auto record = filled(cell);
                                  if (cell.device == "cpu") return record;
                                  record.no_device = "the queue is full";
                                  record.launch = latency(12e-6, 1e-8);
                                  return record;
                                }));
  REQUIRE(tables.size() == 2);
  CHECK(headers(tables[0]) ==
        std::vector<std::string>{"variant", "median (µs)", "device (µs)", "launching (µs)"});
  CHECK(std::get<double>(tables[0].rows[0][3].value) == Approx(12e-6));
  CHECK(tables[0].columns[3].metric == "latency.launch");
  CHECK(headers(tables[1]) == std::vector<std::string>{"variant", "median (µs)"});
}

TEST_CASE("paired latencies are compared within their rounds, and noise is called noise", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "axes": {"device": "cpu"},
    "metrics": ["latency.median"], "protocol": "p", "baseline": {"variant": "A"}})");
  // All drift alike by far more than they differ: B by ten percent, C by nothing but its own scatter.
  const auto records = records_of(planned, [&](const Cell& cell) {
    auto record = filled(cell);
    std::vector<double> samples;
    for (int round = 0; round < 200; ++round) {
      const double scatter = 1 + 1e-3 * ((round * 7) % 5 - 2);
      samples.push_back((1 + round / 100.0) * (cell.variant == "A" ? 1 : scatter) *
                        (cell.variant == "B" ? 1.1 : 1));
    }
    auto twins = samples;
    for (auto& twin : twins) twin *= 1.002;
    record.latency = summarise(samples);
    record.pairing = Pairing{"g", planned.plan.cells.front().id, {200}, {}, "precise", 0, {}};
    if (cell.variant == "A") record.pairing->twin = Twin{summarise(twins), {}, {}, {}};
    return record;
  });
  const auto text = to_text(tables_of(planned, records).front());
  INFO(text);
  CHECK(text.find("+10.0%") != std::string::npos);
  CHECK(text.find("+10.0% (noise)") == std::string::npos);
  CHECK(text.find("(noise)") != std::string::npos);
}
