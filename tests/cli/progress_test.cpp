#include "catch.hpp"
#include "schema.hpp"
#include "terminal.hpp"

#include <map>
#include <sstream>

using namespace ablate::testing;

namespace {

std::vector<std::string> paired_bench(const Directory& scratch, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{
      "bench",     "DWBlock", "STMBlock",     "--device", "cpu",   "--threads",    "1", "--channels", "8",
      "--seconds", "1",       "--resolution", "8",        "--out", scratch / "run"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

bool shows(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

/// What a terminal was sent, line by line, without what moves the cursor and sets colours.
std::vector<std::string> lines_shown(const std::string& out) {
  std::string plain;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '\033')
      while (i < out.size() && !std::isalpha(static_cast<unsigned char>(out[i]))) ++i;
    else
      plain += out[i] == '\r' ? '\n' : out[i];
  }
  std::istringstream stream(plain);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t columns_shown(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

TEST_CASE("progress as JSON is an object a line, from started to finished", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate(paired_bench(scratch, {"--progress", "json"}));
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  std::map<std::string, int> events;
  std::istringstream lines(run.err);
  json last;
  for (std::string line; std::getline(lines, line);) {
    last = json::parse(line);
    ++events[last["event"]];
    if (last["event"] == "cell" || last["event"] == "estimate" || last["event"] == "ended")
      CHECK(last["id"].get<std::string>().size() == 16);
    if (last["event"] == "estimate") CHECK(last["clock"] == "host");
  }
  CHECK(events["started"] == 1);
  CHECK(events["cell"] == 2);
  CHECK(events["ended"] == 2);
  // How many estimates there are depends on how busy the machine is.
  CHECK(last["event"] == "finished");
  CHECK(last["ok"] == 2);
  CHECK(last["directory"] == scratch / "run");
}

TEST_CASE("quiet progress says nothing of a run that goes well", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate(paired_bench(scratch, {"--progress", "quiet"}));
  CHECK(run.exit_code == 0);
  CHECK(run.err.empty());
}

TEST_CASE("elsewhere than on a terminal progress is a line a cell, without control characters", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate(paired_bench(scratch, {}));
  CHECK(shows(run.err, "[2/2] STMBlock deploy cpu float32 1x8x8x8: median "));
  CHECK_FALSE(shows(run.err, "\033"));
  CHECK_FALSE(shows(run.err, "\r"));
}

TEST_CASE("on a terminal a bar shows the cell under way, in colour unless NO_COLOR says no", "[cli]") {
  const Directory scratch;
  const auto run = run_on_terminal(paired_bench(scratch, {}), 100);
  INFO(run.out);
  REQUIRE(run.exit_code == 0);
  CHECK(shows(run.out, "░"));
  CHECK(shows(run.out, "\033[36m"));
  CHECK(shows(run.out, " left  "));
  CHECK(shows(run.out, "DWBlock deploy cpu float32 1x8x8x8"));
  CHECK(shows(run.out, "2 cells measured"));
  const Directory other;
  const auto plain = run_on_terminal(paired_bench(other, {}), 100, {{"NO_COLOR", "1"}});
  CHECK_FALSE(shows(plain.out, "\033[36m"));
  CHECK(shows(plain.out, "░"));
}

TEST_CASE("a dumb terminal gets plain lines, one without Unicode gets ASCII", "[cli]") {
  const Directory scratch, other;
  const auto dumb = run_on_terminal(paired_bench(scratch, {}), 100, {{"TERM", "dumb"}});
  CHECK_FALSE(shows(dumb.out, "\033"));
  CHECK(shows(dumb.out, "[2/2]"));
  const auto ascii = run_on_terminal(paired_bench(other, {}), 100, {{"LC_ALL", "C"}});
  CHECK(shows(ascii.out, "...."));
  CHECK(std::ranges::none_of(ascii.out, [](char byte) { return static_cast<unsigned char>(byte) > 127; }));
}

TEST_CASE("nothing on a terminal is wider than it is, and what a table lacks for that is named", "[cli]") {
  const Directory scratch;
  const auto run = run_on_terminal(
      paired_bench(scratch, {"--metrics", "params,buffers,macs,latency.median,latency.p05,latency.p95"}), 60);
  INFO(run.out);
  REQUIRE(run.exit_code == 0);
  CHECK(shows(run.out, "(not shown, the terminal is too narrow: "));
  const std::vector<std::string> prose{
      "(not shown", "records and tables", "batch 1", "noise", "no difference", "cells", "Summary"};
  for (const auto& line : lines_shown(run.out)) {
    const bool is_prose = std::ranges::any_of(prose, [&](const auto& word) { return shows(line, word); });
    INFO(line);
    if (!is_prose) CHECK(columns_shown(line) <= 60);
  }
  // The files have everything.
  CHECK(shows(text_of(scratch / "run/tables.md"), "p95"));
  const auto report = run_on_terminal({"report", scratch / "run"}, 60, {{"COLUMNS", "200"}});
  CHECK_FALSE(shows(report.out, "not shown"));
}

TEST_CASE("stdout that is no terminal has every column", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate(
      paired_bench(scratch, {"--metrics", "params,buffers,macs,latency.median,latency.p05,latency.p95"}));
  CHECK_FALSE(shows(run.out, "not shown"));
  CHECK(shows(run.out, "p95"));
}
