#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <filesystem>
#include <fstream>

using namespace ablate;
namespace fs = std::filesystem;

namespace {

Json plugins_in(const Json& study, const std::string& file, const Overrides& overrides = {}) {
  return Json::parse(parse_study_text(study.dump(), file, sample_blocks(), overrides).json)
      .value("plugins", Json::array());
}

}  // namespace

TEST_CASE("a study's plugins are relative to its file, and absolute in its copy", "[study]") {
  auto study = sample_study();
  CHECK(plugins_in(study, "/studies/mine.json").empty());
  study["plugins"] = {"build/libown.so", "../libother.so", "/opt/libthird.so"};
  const Json absolute{"/studies/build/libown.so", "/libother.so", "/opt/libthird.so"};
  CHECK(plugins_in(study, "/studies/mine.json") == absolute);
  study["plugins"] = absolute;  // the copy, wherever it lies
  CHECK(plugins_in(study, "/runs/a/study.json") == absolute);
}

TEST_CASE("plugins of the command line stand in the copy behind the study's own, each once", "[study]") {
  auto study = sample_study();
  study["plugins"] = {"libown.so"};
  Overrides overrides;
  overrides.plugins = {"/opt/libmore.so", "/studies/libown.so"};
  CHECK(plugins_in(study, "/studies/mine.json", overrides) == Json{"/studies/libown.so", "/opt/libmore.so"});
  overrides.set = {"plugins=[]"};
  overrides.plugins.clear();
  CHECK(plugins_in(study, "/studies/mine.json", overrides).empty());
}

TEST_CASE("plugins that are no list of files are refused", "[study]") {
  for (const auto& wrong : {Json("libown.so"), Json{3}, Json{""}, Json::object()}) {
    auto study = sample_study();
    study["plugins"] = wrong;
    CHECK_THROWS_AS(parse(study), UserError);
  }
}

TEST_CASE("the plugins of a study are known before its blocks are", "[study]") {
  auto study = sample_study();
  study["plugins"] = {"libown.so"};
  study["variants"]["Own"] = {{"block", "OnlyInThePlugin"}};
  const auto file = fs::temp_directory_path() / "ablate_plugins_test.json";
  std::ofstream(file) << study.dump();
  const std::vector<fs::path> expected{fs::temp_directory_path() / "libown.so"};
  CHECK(plugins_of(file) == expected);
  fs::remove(file);
}
