#include "ablate/base/error.hpp"
#include "ablate/study/plan.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <set>

using namespace ablate;

namespace {

using Names = std::vector<std::string>;

/// The sample study with one section, a factorial of STM; `more` are further keys of it.
Json factorial_study(const char* factors, const char* more = "{}") {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  auto section = Json::parse(R"({"id": "parts", "kind": "factorial", "variants": ["STM"],
                                 "metrics": ["params"]})");
  section["factors"] = Json::parse(factors);
  section.update(Json::parse(more));
  document["sections"] = {section};
  return document;
}

Plan factorial_plan(const Json& document) { return plan(parse(document), sample_blocks()); }

std::string message_for_study(const Json& document) {
  try {
    parse(document);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr auto three = R"({"kxk": [true, false], "pointwise": [true, false], "identity": [true, false]})";

}  // namespace

TEST_CASE("the factors of a factorial section are its last axes", "[study]") {
  const auto study =
      parse(factorial_study(R"({"recalibration": ["affine", "none"], "shuffle": [true, false]})",
                            R"({"axes": {"batch": [1, 2]}})"));
  const auto& section = study.sections.front();
  REQUIRE(section.factorial);
  CHECK(section.factorial->factors == Names{"recalibration", "shuffle"});
  CHECK_FALSE(section.factorial->half);
  CHECK(section.axes.size() == 3);
  CHECK(section.axes[1].name == "recalibration");
  const auto made = plan(study, sample_blocks());
  CHECK(made.sections[0].placements.size() == 8);
  CHECK(made.sections[0].labels.at("recalibration") == Names{"affine", "none"});
}

TEST_CASE("the cell at which nothing is removed is the whole block's cell", "[study]") {
  auto document = factorial_study(R"({"recalibration": ["affine", "scale"], "shuffle": [true, false]})");
  document["sections"].push_back(
      Json::parse(R"({"id": "whole", "variants": ["STM"], "metrics": ["params"]})"));
  const auto made = factorial_plan(document);
  CHECK(made.cells.size() == 4);
  CHECK(made.sections[1].placements[0].cell == made.sections[0].placements[0].cell);
  CHECK_FALSE(key(made.cells[0]).find("recalibration") != std::string::npos);
  CHECK(has(key(made.cells[3]), "out_channels=64,recalibration=scale,shuffle=false}"));
  std::set<std::string> ids;
  for (const auto& cell : made.cells) ids.insert(cell.id);
  CHECK(ids.size() == 4);
}

TEST_CASE("half a fraction has the reference and the points with an even number of changes", "[study]") {
  const auto made = factorial_plan(factorial_study(three, R"({"fraction": 2, "axes": {"batch": [1, 2]}})"));
  std::set<std::string> points;
  for (const auto& placement : made.sections[0].placements)
    points.insert(placement.at.at("batch") + " " + placement.at.at("kxk") + " " +
                  placement.at.at("pointwise") + " " + placement.at.at("identity"));
  CHECK(points == std::set<std::string>{"1 true true true", "1 true false false", "1 false true false",
                                        "1 false false true", "2 true true true", "2 true false false",
                                        "2 false true false", "2 false false true"});
  CHECK_NOTHROW(plan(parse(factorial_study(three, R"({"fraction": 2})")), sample_blocks(), 4));
  CHECK_THROWS_AS(plan(parse(factorial_study(three)), sample_blocks(), 4), UserError);
}

TEST_CASE("factors that cannot be compared are refused with what can", "[study]") {
  const auto place = [](const char* rest) { return "study.json: /sections/0/" + std::string(rest); };
  CHECK(has(message_for_study(factorial_study(R"({"shufle": [true, false]})")),
            place("factors/shufle: no option \"shufle\" of these variants")));
  CHECK(has(message_for_study(factorial_study(R"({"shufle": [true, false]})")), "did you mean shuffle?"));
  CHECK(has(message_for_study(factorial_study(R"({"batch": [1, 2]})")), place("factors/batch: no option")));
  CHECK(has(message_for_study(factorial_study(R"({"shuffle": true})")), "two levels or more"));
  CHECK(has(message_for_study(factorial_study(R"({"shuffle": [true]})")), "two levels or more"));
  CHECK(has(message_for_study(factorial_study(R"({"shuffle": [true, true]})")), "each value once"));
  CHECK(has(message_for_study(factorial_study("{}")),
            place("factors: {}; allowed: an object with at least one")));
  CHECK(has(message_for_study(factorial_study(three, R"({"axes": {"kxk": [true, false]}})")),
            place("factors/kxk: \"kxk\" a second time")));
  CHECK(has(
      message_for_study(factorial_study(R"({"shuffle": [true, false]})", R"({"variants": ["DW", "STM"]})")),
      "no option \"shuffle\" of these variants"));
  auto pinned = factorial_study(three);
  pinned["variants"]["STM"]["at"] = {{"kxk", false}};
  CHECK(has(message_for_study(pinned), "\"kxk\", which the variant \"STM\" pins"));
}

TEST_CASE("a half fraction wants three factors of two levels", "[study]") {
  const auto allowed = "2 with three factors or more, of two levels each";
  const auto two = R"({"kxk": [true, false], "shuffle": [true, false]})";
  CHECK(has(message_for_study(factorial_study(two, R"({"fraction": 2})")), "a fraction of 2 factors"));
  CHECK(message_for_study(factorial_study(two, R"({"fraction": 1})")) == "no error");
  const auto wide = R"({"recalibration": ["none", "scale", "affine"], "kxk": [true, false],
                        "shuffle": [true, false]})";
  CHECK(has(message_for_study(factorial_study(wide, R"({"fraction": 2})")),
            "a fraction where \"recalibration\" has 3 levels"));
  CHECK(has(message_for_study(factorial_study(wide, R"({"fraction": 2})")), allowed));
  CHECK(has(message_for_study(factorial_study(three, R"({"fraction": 4})")), "/fraction: 4"));
}
