#include "ablate/study/match.hpp"
#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <set>

using namespace ablate;

namespace {

/// A DWBlock costs 100 a channel; an STMBlock the square of its channels, which must be even.
std::optional<std::int64_t> cost_of(const Cell& cell, const std::string& /*metric*/) {
  const auto channels = cell.channels.out;
  if (cell.block == "DWBlock") return 100 * channels;
  if (channels % 2 != 0) return std::nullopt;
  return channels * channels;
}

Json matched_study(const std::string& match = R"({"metric": "macs", "by": "width"})") {
  auto document = Json::parse(R"({
    "study": "matched",
    "protocols": {"p": {"kind": "paired"}},
    "variants": {"DW": {"block": "DWBlock"}, "STM": {"block": "STMBlock"}},
    "sections": [{"id": "equal", "axes": {"channels": [16, 64], "form": ["train", "deploy"]},
                  "metrics": ["width", "latency"], "protocol": "p", "baseline": {"variant": "DW"},
                  "table": {"rows": ["channels", "form", "variant"]}}]
  })");
  document["sections"][0]["match"] = Json::parse(match);
  return document;
}

ParsedStudy solve(const Json& document, const MatchCounter& count = cost_of) {
  return solve_matches(parse_study_text(document.dump(), "study.json", sample_blocks()), sample_blocks(),
                       count);
}

std::string refusal(const Json& document, const MatchCounter& count = cost_of) {
  try {
    solve(document, count);
  } catch (const UserError& error) {
    return error.what();
  }
  return "nothing was refused";
}

bool mentions(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("a matched variant has the width that comes closest, among those that its block takes", "[study]") {
  const auto solved = solve(matched_study()).study.sections[0].match->solved;
  REQUIRE(solved.size() == 2);
  CHECK(solved[0].at == Place{{"channels", "16"}});
  CHECK(solved[0].channels == 40);  // 1600 is 40 squared
  CHECK(solved[0].ratio == 1);
  CHECK(solved[1].channels == 80);
  // 3600 lies between 58² and 60², 5000 between 70² (0.980) and 72² (1.037).
  auto other = matched_study();
  other["sections"][0]["axes"]["channels"] = Json{50};
  CHECK(solve(other).study.sections[0].match->solved[0].channels == 70);
  CHECK(solve(other).study.sections[0].match->solved[0].ratio == Approx(0.98));
}

TEST_CASE("a matched cell has the solved width in every form, under the label of its point", "[study]") {
  const auto solved = solve(matched_study());
  const auto made = plan(solved.study, sample_blocks());
  REQUIRE(made.cells.size() == 8);
  std::set<std::int64_t> widths;
  for (const auto& placement : made.sections[0].placements) {
    const auto& cell = made.cells[placement.cell];
    if (cell.block != "STMBlock" || placement.at.at("channels") != "16") continue;
    widths.insert(cell.channels.in);
    CHECK(cell.options.at("in_channels") == OptionValue(std::int64_t{40}));
  }
  CHECK(widths == std::set<std::int64_t>{40});
}

TEST_CASE("the cells that are compared at a matched point are sampled in the same rounds", "[study]") {
  const auto made = plan(solve(matched_study()).study, sample_blocks());
  for (const auto& group : made.groups) {
    std::set<std::string> blocks;
    for (const auto cell : group.cells) blocks.insert(made.cells[cell].block);
    CHECK(blocks.size() == 2);
  }
}

TEST_CASE("the solved study plans the same cells again without counting", "[study]") {
  const auto solved = solve(matched_study());
  const auto again = parse_study_text(solved.json, "study.json", sample_blocks());
  CHECK(again.json == solved.json);
  const auto first = plan(solved.study, sample_blocks()), second = plan(again.study, sample_blocks());
  REQUIRE(first.cells.size() == second.cells.size());
  for (std::size_t i = 0; i < first.cells.size(); ++i) CHECK(first.cells[i].id == second.cells[i].id);
  CHECK(solve(Json::parse(solved.json)).json == solved.json);
}

TEST_CASE("solving is done anew: a width that was written down for another study does not stay", "[study]") {
  auto stale = Json::parse(solve(matched_study()).json);
  stale["sections"][0]["match"]["solved"][0]["channels"] = 8;
  CHECK(solve(stale).study.sections[0].match->solved[0].channels == 40);
}

TEST_CASE("a study that is not solved cannot be planned", "[study]") {
  CHECK_THROWS_AS(plan(parse(matched_study()), sample_blocks()), UserError);
}

TEST_CASE("a section without a match is as it was written", "[study]") {
  const auto before = parse_study_text(sample_study().dump(), "study.json", sample_blocks());
  CHECK(solve(sample_study()).json == before.json);
}

TEST_CASE("a match that comes out otherwise than it should is refused, with what came closest", "[study]") {
  const auto far = [](const Cell& cell, const std::string&) -> std::optional<std::int64_t> {
    return cell.block == "DWBlock" ? 1000 : cell.channels.out * 1500;
  };
  const auto refused = refusal(matched_study(), far);
  CHECK(mentions(refused, "study.json: /sections/0/match"));
  CHECK(mentions(refused, "1 channels come closest, at 1.500"));
  CHECK(mentions(refused, "a tolerance above 0.1"));
  const auto none = [](const Cell& cell, const std::string&) {
    return cell.block == "DWBlock" ? std::optional<std::int64_t>(1000) : std::nullopt;
  };
  CHECK(mentions(refusal(matched_study(), none), "STM: its block takes no width"));
}

TEST_CASE("a match that makes no sense is refused where it stands", "[study]") {
  using Case = std::tuple<std::string, std::string>;
  const auto [match, place] = GENERATE(table<std::string, std::string>({
      Case{R"({"metric": "latency", "by": "width"})", "/sections/0/match/metric"},
      Case{R"({"metric": "macs", "by": "depth"})", "/sections/0/match/by"},
      Case{R"({"metric": "macs", "by": "width", "to": "RW"})", "/sections/0/match/to"},
      Case{R"({"metric": "macs", "by": "width", "tolerance": 0})", "/sections/0/match/tolerance"},
      Case{R"({"metric": "macs", "by": "width", "width": 3})", "/sections/0/match"},
  }));
  CHECK(mentions(refusal(matched_study(match)), "study.json: " + place));
  auto pinned = matched_study();
  pinned["variants"]["STM"]["at"] = Json{{"channels", 8}};
  CHECK(mentions(refusal(pinned), "STM pins its channels"));
  auto pairs = matched_study();
  pairs["sections"][0]["axes"]["channels"] = Json::parse("[[16, 32]]");
  CHECK(mentions(refusal(pairs), "as many channels out as in"));
}
