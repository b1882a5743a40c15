#include "ablate/base/error.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/keys.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <filesystem>
#include <fstream>
#include <set>

using namespace ablate;

namespace {

using NameSet = std::set<std::string>;

Json schema() {
  return Json::parse(std::ifstream(std::filesystem::path(ABLATE_SOURCE_DIR) / "docs/study.schema.json"));
}

/// The schema of one kind of object; the root is the study.
Json kind(const Json& schema, const std::string& name) {
  return name == "study" ? schema : schema["$defs"][name];
}

NameSet keys_in(const Json& object) {
  NameSet keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

template <typename Names>
NameSet set_of(const Names& names) {
  return {names.begin(), names.end()};
}

/// An object of each kind that needs keys, in the sample study.
const std::map<std::string, std::string> places{
    {"study", ""},
    {"protocol", "/protocols/fast"},
    {"variant", "/variants/DW"},
    {"section", "/sections/0"},
    {"ranking", "/summary/rankings/0"},
    {"crossover", "/summary/crossovers/0"},
    {"pareto", "/summary/pareto/0"},
    {"claim", "/claims/0"},
    {"sum", "/sections/1/sums/0"},
    {"match", "/sections/1/match"},
    {"solved", "/sections/1/match/solved/0"},
    {"part", "/variants/pair/block/sequence/0"},
    {"torchscript", "/variants/file/block"},
    {"aoti", "/variants/compiled/block"},
    {"sequence", "/variants/pair/block"},
    {"residual", "/variants/sum/block"},
    {"split", "/variants/halves/block"},
    {"splitting", "/variants/halves/block/split"},
    {"parallel", "/variants/branches/block"},
    {"repeat", "/variants/twice/block"},
    {"repetition", "/variants/twice/block/repeat"},
};

/// The sample study with an object of every kind.
Json whole_study() {
  return with(with_written_blocks(sample_study()), "/sections/1/match",
              Json::parse(R"({"metric": "params", "by": "width",
                              "solved": [{"variant": "STM", "channels": 20, "ratio": 1}]})"));
}

}  // namespace

TEST_CASE("the schema and the parser know the same keys", "[study]") {
  const auto document = schema();
  for (const auto& [name, keys] : known_keys()) {
    INFO(name);
    const auto described = kind(document, name);
    CHECK(described["additionalProperties"] == Json(false));
    CHECK(keys_in(described["properties"]) == set_of(keys));
  }
}

TEST_CASE("the parser refuses what lacks a key that the schema requires", "[study]") {
  const auto document = schema();
  CHECK_NOTHROW(parse(whole_study()));
  for (const auto& [name, keys] : known_keys()) {
    const auto described = kind(document, name);
    if (!described.contains("required")) continue;
    for (const auto& key : described["required"]) {
      const auto pointer = places.at(name) + "/" + key.get<std::string>();
      INFO(pointer);
      CHECK_THROWS_AS(parse(with(whole_study(), pointer, std::nullopt)), UserError);
    }
  }
}

TEST_CASE("the schema lists the names and ranges that the parser takes", "[study]") {
  const auto all = schema()["$defs"];
  NameSet names;
  for (const auto& metric : metrics()) names.insert(metric.name);
  CHECK(set_of(all["metric"]["enum"].get<std::vector<std::string>>()) == names);
  const auto& claim = all["claim"]["properties"];
  CHECK(set_of(claim["is"]["enum"].get<std::vector<std::string>>()) == set_of(predicate_names));
  CHECK(set_of(claim["over"]["enum"].get<std::vector<std::string>>()) == set_of(quantifier_names));
  CHECK(set_of(all["form"]["enum"].get<std::vector<std::string>>()) == set_of(form_names));
  CHECK(set_of(all["dtype"]["enum"].get<std::vector<std::string>>()) == set_of(dtype_names));
  const auto& clocks = all["protocol"]["properties"]["clock"]["enum"];
  CHECK(set_of(clocks.get<std::vector<std::string>>()) == set_of(clock_names));
  for (const auto* object : {"axes", "pins"})
    CHECK(keys_in(all[object]["properties"]) == set_of(built_in_axes()));
  CHECK(all["extent"]["maximum"] == max_extent);
  CHECK(all["protocol"]["properties"]["repeat"]["maximum"] == max_calls);
}
