#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

using namespace ablate;

namespace {

/// A claim on the section "channels" (DW and STM at 16 and 32 channels); `fields` are JSON.
Json study_claiming(const std::string& fields) {
  auto document = sample_study();
  document["claims"] = Json::parse(
      R"([{"id": "it", "text": "It is so", "section": "channels", "metric": "latency", )" + fields + "}]");
  return document;
}

Predication says(const std::string& fields) { return parse(study_claiming(fields)).claims.at(0).says; }

std::string message_for_claim(const std::string& fields) {
  try {
    parse(study_claiming(fields));
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

/// Fields, and the beginning and the end of what is said of them.
struct BadClaim {
  const char *fields, *what, *allowed;
};

const std::vector<BadClaim> bad_claims{
    {R"("variant": "DW", "is": "lower")", "is: \"lower\"", "below, above"},
    {R"("variant": "DW", "is": "below")", "other: missing", "DW, STM"},
    {R"("is": "lowest")", "variant: missing", "DW, STM"},
    {R"("variant": "DW", "is": "below", "other": "DW")", "other: what the claim speaks of",
     "another variant"},
    {R"("variant": "DW", "is": "below", "other": {"channels": 16}, "where": {"channels": 16})",
     "other: what the claim speaks of", "another place"},
    {R"("variant": "DW", "is": "below", "other": "gate")", "other: \"gate\"", "DW, STM"},
    {R"("variant": {"channels": 16}, "is": "lowest")", "variant/variant: missing", "DW, STM"},
    {R"("variant": {"variant": "DW", "channels": 16}, "is": "lowest", "where": {"channels": 16})",
     "variant: \"channels\" here and in where", "one of them"},
    {R"("variant": "DW", "is": "below", "other": "STM", "by": 1)", "by: 1", "a number above 1"},
    {R"("variant": "DW", "is": "within", "other": "STM")", "of: missing", "a fraction"},
    {R"("variant": "DW", "is": "within", "other": "STM", "of": 5)", "of: 5", "below 1"},
    {R"("variant": "DW", "is": "lowest", "by": 2)", "by: \"by\" beside \"lowest\"",
     "\"by\" with below, above"},
    {R"("variant": "DW", "is": "rank", "order": ["DW", "STM"])", "variant: \"variant\" beside \"rank\"",
     "\"variant\" with below, above, within, lowest"},
    {R"("is": "rank", "order": ["DW"])", "order: [\"DW\"]", "at least two"},
    {R"("is": "rank", "order": ["DW", "DW"])", "order/1: \"DW\" a second time", "each name once"},
    {R"("variant": "DW", "is": "rising")", "axis: missing", "channels"},
    {R"("variant": "DW", "is": "rising", "axis": "channels", "where": {"channels": 16})",
     "where/channels: unknown key", ""},
    {R"("variant": "DW", "is": "crosses", "other": "STM", "axis": "channels", "from": 32, "to": 16)",
     "to: from 32 to 16", "order of the axis"},
    {R"("variant": "DW", "is": "crosses", "other": "STM", "axis": "channels", "to": 64)", "to: 64", "16, 32"},
    {R"("variant": "DW", "is": "lowest", "over": "median")", "over: \"median\"", "all, some or most"},
    {R"("variant": "DW", "is": "lowest", "expect": "untested")", "expect: \"untested\"", "refuted"},
    {R"("variant": "DW", "is": "lowest", "untested": "why")", "section: \"section\" in a claim",
     "untested only"},
    {R"("variant": "DW", "is": "lowest", "sure": true)", "sure: unknown key", "expect"},
};

}  // namespace

TEST_CASE("a claim keeps what it says", "[study][claims]") {
  const auto claim = parse(study_claiming(R"("variant": "DW", "is": "below", "other": "STM", "by": 1.5,
      "where": {"channels": 16}, "over": "some", "expect": "refuted")"))
                         .claims.at(0);
  CHECK(claim.id == "it");
  CHECK(claim.text == "It is so");
  CHECK((claim.expect == Outcome::refuted));
  CHECK(claim.says.section == "channels");
  CHECK(claim.says.subject == Place{{"variant", "DW"}});
  CHECK(claim.says.other == Place{{"variant", "STM"}});
  CHECK(claim.says.where == Place{{"channels", "16"}});
  CHECK((claim.says.is == Predicate::below && claim.says.over == Quantifier::some));
  CHECK(claim.says.by == 1.5);
}

TEST_CASE("a claim compares a variant with itself elsewhere", "[study][claims]") {
  const auto found = says(R"("variant": {"variant": "DW", "channels": 32}, "is": "above",
                             "other": {"channels": 16})");
  CHECK(found.subject == Place{{"variant", "DW"}, {"channels", "32"}});
  CHECK(found.other == Place{{"channels", "16"}});
  CHECK((found.over == Quantifier::all));
}

TEST_CASE("a crossing runs from one end of its axis to the other unless told", "[study][claims]") {
  const auto found = says(R"("variant": "DW", "is": "crosses", "other": "STM", "axis": "channels")");
  CHECK(found.from == "16");
  CHECK(found.to == "32");
}

TEST_CASE("a claim that nothing can test has its reason and nothing else", "[study][claims]") {
  auto document = sample_study();
  document["claims"] =
      Json::parse(R"([{"id": "good", "text": "it is accurate", "untested": "not measured"}])");
  CHECK(parse(document).claims.at(0).untested == "not measured");
  CHECK_FALSE(parse(document).claims.at(0).expect);
}

TEST_CASE("two claims of one id are refused", "[study][claims]") {
  auto document = sample_study();
  document["claims"].push_back(document["claims"][0]);
  CHECK_THROWS_AS(parse(document), UserError);
}

TEST_CASE("a bad claim is refused with its place and what is allowed", "[study][claims]") {
  for (const auto& bad : bad_claims) {
    const auto message = message_for_claim(bad.fields);
    INFO(bad.fields << "\n" << message);
    CHECK(message.starts_with(std::string("study.json: /claims/0/") + bad.what));
    const auto allowed = message.find("; allowed: ");
    REQUIRE(allowed != std::string::npos);
    CHECK(message.find(bad.allowed, allowed) != std::string::npos);
  }
}

TEST_CASE("a sum names variants of its section, a part as often as it is used", "[study][claims]") {
  const auto sum = parse(sample_study()).sections.at(1).sums.at(0);
  CHECK(sum.whole == "DW");
  CHECK((sum.parts == std::vector<std::string>{"STM", "STM"}));
}
