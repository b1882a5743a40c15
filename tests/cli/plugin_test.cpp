#include "catch.hpp"
#include "process.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace ablate::testing;
using nlohmann::json;

namespace {

/// One that the tests build, docs/examples/own_block among them.
std::string plugin(const std::string& name) { return ABLATE_PLUGINS "/lib" + name + ".so"; }

json study() {
  return {{"study", "own"},
          {"protocols", {{"few", {{"warmup", 1}, {"repeat", 3}}}}},
          {"defaults", {{"channels", 8}, {"resolution", 8}}},
          {"variants", {{"DWBlock", {{"block", "DWBlock"}}}, {"OwnBlock", {{"block", "OwnBlock"}}}}},
          {"sections", json::array({{{"id", "all"},
                                     {"title", "All"},
                                     {"axes", {{"form", {"train", "deploy"}}, {"kernel_size", {3, 7}}}},
                                     {"metrics", {"params", "latency.median"}},
                                     {"protocol", "few"}}})}};
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Without what stands before them: a run that is resumed says there when it was.
std::string tables_in(const std::string& directory) {
  const auto text = text_of(directory + "/tables.md");
  return text.substr(std::min(text.find("## "), text.size()));
}

/// The plugin is refused with all of `parts`.
void check_refused(const std::string& file, const std::vector<std::string>& parts) {
  const auto run = run_ablate({"--plugin", file, "list", "blocks"});
  INFO(run.err);
  CHECK(run.exit_code == 2);
  CHECK(run.out.empty());
  for (const auto& part : parts) CHECK(holds(run.err, part));
}

}  // namespace

TEST_CASE("a plugin for another LibTorch is refused with both versions, before it is loaded", "[plugin]") {
  check_refused(plugin("other_torch"), {plugin("other_torch"), "LibTorch 1.13.1", "LibTorch 2.",
                                        "ablate 0.0.9", "C++11 ABI 0", "C++11 ABI 1"});
}

TEST_CASE("a library that registers no block is refused before it is loaded", "[plugin]") {
  check_refused(plugin("no_block"), {plugin("no_block"), "registers no block", "ABLATE_REGISTER_BLOCK"});
}

TEST_CASE("what is no shared library is refused", "[plugin]") {
  const Directory scratch;
  write(scratch / "text.so", "not a library");
  write(scratch / "cut.so", text_of(plugin("no_block")).substr(0, 100));
  check_refused(scratch / "text.so", {scratch / "text.so", "is no shared library"});
  check_refused(scratch / "cut.so", {scratch / "cut.so"});
  check_refused(scratch / "absent.so", {scratch / "absent.so", "there is no such file"});
  check_refused(scratch.path.string(), {scratch.path.string(), "is a directory"});
}

TEST_CASE("a plugin with a symbol that nobody has is refused", "[plugin]") {
  check_refused(plugin("unresolved"), {plugin("unresolved"), "defined_nowhere"});
}

TEST_CASE("a plugin with a name that is taken is refused, naming both", "[plugin]") {
  check_refused(plugin("taken_name"), {plugin("taken_name"), "\"Chunk\"", "ablate's own"});
  const Directory scratch;
  std::filesystem::copy_file(plugin("own_block"), scratch / "twin.so");
  const auto run =
      run_ablate({"--plugin", plugin("own_block"), "--plugin", scratch / "twin.so", "list", "blocks"});
  CHECK(run.exit_code == 2);
  CHECK(holds(run.err, scratch / "twin.so"));
  CHECK(holds(run.err, plugin("own_block")));
}

TEST_CASE("a plugin's block is listed, and its forms agree", "[plugin]") {
  const auto list = run_ablate({"list", "--plugin", plugin("own_block"), "blocks"});
  CHECK(list.exit_code == 0);
  CHECK(holds(list.out, "OwnBlock"));
  const auto verify = run_ablate({"--plugin", plugin("own_block"), "verify"});
  INFO(verify.out);
  CHECK(verify.exit_code == 0);
  CHECK(holds(verify.out, "OwnBlock"));
}

TEST_CASE("a study's own plugin is measured, and the run needs it no more", "[plugin]") {
  const Directory scratch;
  std::filesystem::copy_file(plugin("own_block"), scratch / "own.so");
  auto with_plugin = study();
  with_plugin["plugins"] = {"own.so"};
  write(scratch / "study.json", with_plugin.dump());
  const auto run = run_ablate({"run", scratch / "study.json", "--out", scratch / "run"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(json::parse(text_of(scratch / "run/study.json"))["plugins"] == json{scratch / "own.so"});
  int own = 0;
  for (const auto& line : whole_lines_of(scratch / "run/records.jsonl"))
    own += json::parse(line)["block"] == "OwnBlock" && json::parse(line)["status"] == "ok";
  CHECK(own == 4);

  const auto resumed = run_ablate({"run", "--resume", scratch / "run"});
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);

  const auto tables = tables_in(scratch / "run");
  CHECK(holds(tables, "OwnBlock"));
  std::filesystem::remove(scratch / "own.so");
  std::filesystem::remove(scratch / "run/tables.md");
  const auto report = run_ablate({"report", scratch / "run"});
  INFO(report.err);
  CHECK(report.exit_code == 0);
  CHECK(tables_in(scratch / "run") == tables);

  const auto again = run_ablate({"run", "--resume", scratch / "run"});
  CHECK(again.exit_code == 2);
  CHECK(holds(again.err, scratch / "own.so"));
}

TEST_CASE("a run with --plugin is resumed without the word, but not with other bytes", "[plugin]") {
  const Directory scratch;
  std::filesystem::copy_file(plugin("own_block"), scratch / "own.so");
  write(scratch / "study.json", study().dump());
  REQUIRE(run_ablate({"run", scratch / "study.json"}).exit_code == 2);  // there is no OwnBlock
  const auto run =
      run_ablate({"run", scratch / "study.json", "--out", scratch / "run", "--plugin", scratch / "own.so"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(run_ablate({"run", "--resume", scratch / "run"}).exit_code == 0);
  std::ofstream(scratch / "own.so", std::ios::app) << "\n";
  const auto changed = run_ablate({"run", "--resume", scratch / "run"});
  CHECK(changed.exit_code == 2);
  CHECK(holds(changed.err, "plugins"));
}
