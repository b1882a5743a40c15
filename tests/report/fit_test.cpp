#include "ablate/report/fit.hpp"
#include "ablate/base/text.hpp"
#include "ablate/report/format.hpp"

#include "catch.hpp"

#include <sstream>

using namespace ablate;

namespace {

/// One label, then a column a metric; texts ten columns wide.
Table wide_table(const std::vector<std::string>& metrics) {
  Table table{"s", "A table", {}, {{"variant", "", "", false}}, {}};
  table.rows.push_back({{"DWBlock", "DWBlock", ""}});
  for (const auto& metric : metrics) {
    table.columns.push_back({metric, metric, "", true});
    table.rows.front().push_back({"1234567890", 1.0, ""});
  }
  return table;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("(not shown")) widest = std::max(widest, columns_of(line));
  return widest;
}

bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("a table without a width is whole", "[report]") {
  const auto table = wide_table({"params", "buffers", "latency.p95", "latency.median"});
  CHECK_FALSE(has(to_text(table), "not shown"));
  CHECK(has(to_text(table), "latency.p95"));
}

TEST_CASE("a table that is too wide loses its least telling columns, and says which", "[report]") {
  const auto table =
      wide_table({"params", "buffers", "latency.p95", "latency.median", "latency.median.vs_baseline"});
  const auto text = to_text(table, {70, true});
  CHECK(widest_line(text) <= 70);
  CHECK(has(text, "(not shown, the terminal is too narrow: latency.p95, buffers)"));
  CHECK(has(text, "params"));
  CHECK(has(text, "latency.median.vs_baseline"));

  const auto narrow = to_text(table, {30, true});
  CHECK(widest_line(narrow) <= 30);
  CHECK(has(narrow, "latency.median\n"));
  CHECK_FALSE(has(narrow, "params\n"));
  CHECK(has(narrow, "DWBlock"));
}

TEST_CASE("a metric goes for all variants at once, and columns of the last one from the right", "[report]") {
  Table table{"s", "A table", {}, {{"channels", "", "", false}}, {}};
  table.rows.push_back({{"64", "64", ""}});
  for (const auto* variant : {"A", "B", "C"})
    for (const auto* metric : {"latency.median", "latency.std"}) {
      table.columns.push_back({std::string(variant) + " " + metric, metric, "s", true});
      table.rows.front().push_back({"1", 1.0, ""});
    }
  const auto text = to_text(table, {70, true});
  CHECK(has(text, "too narrow: latency.std)"));
  CHECK(has(text, "C latency.median"));
  const auto narrow = to_text(table, {45, true});
  CHECK(has(narrow, "too narrow: latency.std, C latency.median)"));
  CHECK(has(narrow, "B latency.median"));
}

TEST_CASE("labels and one number stay, however narrow the terminal is", "[report]") {
  const auto text = to_text(wide_table({"params", "macs"}), {5, true});
  CHECK(has(text, "variant"));
  CHECK(has(text, "1234567890"));
}

TEST_CASE("a statement is cut before a column goes for it", "[report]") {
  Table table{"summary",
              "Claims",
              {},
              {{"claim", "", "", false},
               {"verdict", "claim.verdict", "", false},
               {"statement", "claim.text", "", false}},
              {}};
  const std::string statement(100, 'x');
  table.rows.push_back({{"a", "a", ""}, {"supported", "supported", ""}, {statement, statement, ""}});
  const auto text = to_text(table, {60, true});
  CHECK(widest_line(text) == 60);
  CHECK(has(text, "x…\n"));
  CHECK_FALSE(has(text, "not shown"));
  CHECK(has(to_text(table, {60, false}), "x~\n"));
}

TEST_CASE("without Unicode a table is ASCII and still lines up", "[report]") {
  auto table = wide_table({"latency"});
  table.title = "64×64";
  table.columns.back().header = "mean (µs)";
  table.rows.front().back().text = "1.0 ± 0.5";
  CHECK(to_text(table, {0, false}) ==
        "64x64\n=====\n\nvariant    mean (us)\n-------  -----------\nDWBlock  1.0 +/- 0.5\n");
}
