#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

using namespace ablate;

namespace {

ParsedStudy parsed_with(const std::vector<std::string>& set, const Selection& selection = {}) {
  return parse_study_text(sample_study().dump(), "study.json", sample_blocks(), {set, selection});
}

Study study_with(const std::string& set) { return parsed_with({set}).study; }

std::string message_after(const std::string& set) {
  try {
    study_with(set);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an override finds list elements by id or index", "[study]") {
  CHECK(study_with("sections.channels.axes.channels=[32,64,96]").sections[0].axes[0].values.size() == 3);
  CHECK(study_with("sections.1.title=Counts").sections[1].title == "Counts");
  CHECK(study_with("sections.channels.axes.channels.0=8").sections[0].axes[0].values[0] ==
        AxisValue(Channels{8, 8}));
}

TEST_CASE("an override's value is JSON, or else a text", "[study]") {
  CHECK(study_with("protocols.fast.repeat=7").sections[0].protocols.at("cpu").repeat == 7);
  CHECK(study_with("title=A title").title == "A title");
  CHECK(study_with("sections.counts.axes={\"batch\":2,\"form\":\"train\"}").sections[1].axes[0].name ==
        "batch");
  CHECK(message_after("protocols.fast.repeat=seven").find("/protocols/fast/repeat: \"seven\"") !=
        std::string::npos);
}

TEST_CASE("an override may add a key to an object that exists", "[study]") {
  CHECK(study_with("math={\"tf32\":true}").tf32);
  CHECK(study_with("sections.counts.axes.batch=2").sections.at(1).axes.size() == 2);
  CHECK(message_after("sections.counts.axis=1").find("/sections/1/axis: unknown key") != std::string::npos);
}

TEST_CASE("an override reaches keys that hold dots and spaces", "[study]") {
  auto document = sample_study();
  document["variants"]["v1.5 (8 ch.)"] = document["variants"]["gate"];
  const auto study = parse(document, {{"variants.v1.5 (8 ch.).at.channels=4"}, {}});
  CHECK(study.variant("v1.5 (8 ch.)").at[0].values[0] == AxisValue(Channels{4, 4}));
}

TEST_CASE("an override of what does not exist says what does", "[study]") {
  CHECK(message_after("sections.chanels.title=x") ==
        "study.json: --set sections.chanels.title: nothing is named \"chanels\"; allowed: channels, counts "
        "(did "
        "you mean channels?)");
  CHECK(message_after("sections.2.title=x").find("nothing is named \"2\"") != std::string::npos);
  CHECK(message_after("math.tf32=true").find("nothing is named \"math\"") != std::string::npos);
  CHECK(message_after("study.name=x").find("\"sample\" holds nothing that \"name\" could name") !=
        std::string::npos);
  CHECK(message_after("title").find("no path and value") != std::string::npos);
  CHECK(message_after("=3").find("no path and value") != std::string::npos);
}

TEST_CASE("a selection replaces the study's own, list by list", "[study]") {
  const auto [study, json] = parsed_with({"selection={\"sections\":[\"counts\"],\"variants\":[\"DW\"]}"},
                                         {{"channels"}, {}, {"cpu"}});
  CHECK(study.selection.sections == std::vector<std::string>{"channels"});
  CHECK(study.selection.variants == std::vector<std::string>{"DW"});
  CHECK(study.selection.devices == std::vector<std::string>{"cpu"});
  CHECK(Json::parse(json)["selection"]["sections"] == Json({"channels"}));
}

TEST_CASE("the JSON of a parsed study gives it again", "[study]") {
  const auto first = parsed_with({"sections.channels.axes.channels=[8,[8,16]]"}, {{}, {}, {"cpu"}});
  const auto second = parse_study_text(first.json, "copy.json", sample_blocks());
  CHECK(second.json == first.json);
  CHECK(first.json.find("\"axes\": {\"channels\": [8, [8, 16]]},\n") != std::string::npos);
  CHECK(first.json.starts_with("{\n  \"study\": \"sample\",\n"));
}
