#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

using namespace ablate;

namespace {

using Names = std::vector<std::string>;

Layout layout_with(const char* table) {
  auto document = sample_study();
  if (table)
    document["sections"][0]["table"] = Json::parse(table);
  else
    document["sections"][0].erase("table");
  return parse(document).sections[0].table;
}

}  // namespace

TEST_CASE("what a study leaves out has the built-in defaults", "[study]") {
  const auto study = parse(sample_study());
  CHECK(study.title == "sample");
  CHECK(study.seed == 0);
  CHECK_FALSE(study.tf32);
  CHECK(study.defaults.at("channels") == AxisValue(Channels{64, 64}));
  CHECK(study.defaults.at("form") == AxisValue(Form::deploy));
  CHECK(study.defaults.at("device") == AxisValue(std::string("cpu")));
  CHECK(study.sections[0].title == "channels");
  CHECK(study.file == "study.json");
}

TEST_CASE("one number means both sides, and a pair is one value", "[study]") {
  auto document = sample_study();
  document["defaults"] = {{"channels", {24, 48}}, {"resolution", {8, 16}}, {"seed", 18446744073709551615u}};
  document["sections"][0]["axes"]["channels"] = {16, {16, 24}};
  const auto study = parse(document);
  CHECK(study.defaults.at("channels") == AxisValue(Channels{24, 48}));
  CHECK(study.defaults.at("resolution") == AxisValue(Resolution{8, 16}));
  CHECK(study.seed == 18446744073709551615u);
  const auto& values = study.sections[0].axes[0].values;
  REQUIRE(values.size() == 2);
  CHECK(label("channels", values[0]) == "16");
  CHECK(label("channels", values[1]) == "16→24");
  CHECK(label("resolution", Resolution{8, 16}) == "8×16");
}

TEST_CASE("a pin of an axis is one, though the block has an option of that name", "[study]") {
  CHECK(parse(sample_study()).variant("gate").at[0].values[0] == AxisValue(Channels{8, 8}));
}

TEST_CASE("an option may follow the channels of its cell", "[study]") {
  auto document = sample_study();
  document["variants"]["conv"] =
      Json::parse(R"({"block": "RepConv", "options": {"groups": "channels", "stride": "in_channels"}})");
  const auto study = parse(document);
  const auto& conv = study.variant("conv");
  CHECK(conv.options_from.at("groups") == "out_channels");
  CHECK(conv.options_from.at("stride") == "in_channels");
  CHECK(conv.options.empty());
}

TEST_CASE("a section sweeps options that all of its blocks have", "[study]") {
  auto document = sample_study();
  document["sections"][0]["axes"]["dropout_rate"] = {0, 0.5};
  CHECK(parse(document).sections[0].axes[1].values[0] == AxisValue(OptionValue(0.0)));
  document["sections"][0]["variants"] = {"DW", "gate"};
  CHECK_NOTHROW(parse(document));
  document["sections"][0]["axes"] = {{"kernel_size", {3, 5}}};
  CHECK_THROWS_AS(parse(document), UserError);
}

TEST_CASE("a protocol for cuda serves every CUDA device", "[study]") {
  auto document = sample_study();
  document["sections"][0]["axes"]["device"] = {"cpu", "cuda:1", "cuda:0"};
  document["sections"][0]["protocol"] = {{"cpu", "fast"}, {"cuda", "slow"}, {"cuda:0", "fast"}};
  const auto study = parse(document);
  const auto& protocols = study.sections[0].protocols;
  CHECK(protocols.at("cpu").repeat == 3);
  CHECK(protocols.at("cuda:1").repeat == 9);
  CHECK(protocols.at("cuda:0").name == "fast");
}

TEST_CASE("a layout is filled in around what the study says of it", "[study]") {
  const auto whole = layout_with(nullptr);
  CHECK(whole.split.empty());
  CHECK(whole.rows == Names{"channels"});
  CHECK(whole.columns == Names{"variant", "metric"});
  CHECK(layout_with(R"({"rows": ["variant"]})").columns == Names{"channels", "metric"});
  CHECK(layout_with(R"({"columns": ["metric", "variant"]})").rows == Names{"channels"});
  CHECK(layout_with(R"({"columns": ["metric", "variant"]})").columns == Names{"metric", "variant"});
  CHECK(layout_with(R"({"split": ["channels"]})").rows == Names{"variant"});
  CHECK(layout_with(R"({"split": ["variant"]})").rows == Names{"channels"});
}

TEST_CASE("traits and parts are rows of their own", "[study]") {
  auto document = with(sample_study(), "/summary", std::nullopt);
  auto& section = document["sections"][0];
  section["metrics"] = {"traits"};
  CHECK(parse(document).sections[0].table.rows == Names{"trait"});
  CHECK(parse(document).sections[0].table.columns == Names{"channels", "variant", "metric"});
  section["metrics"] = {"traits", "params"};
  CHECK_THROWS_AS(parse(document), UserError);
  section["metrics"] = {"params", "buffers"};
  section["table"] = Json::parse(R"({"split": ["channels", "variant"], "rows": ["part"]})");
  CHECK(parse(document).sections[0].table.rows == Names{"part"});
  section["metrics"] = {"params", "macs"};
  CHECK_THROWS_AS(parse(document), UserError);
}

TEST_CASE("a baseline is kept as labels", "[study]") {
  auto document = sample_study();
  document["sections"][0]["baseline"] = {{"variant", "DW"}, {"channels", 16}};
  CHECK(parse(document).sections[0].baseline == Place{{"variant", "DW"}, {"channels", "16"}});
}

TEST_CASE("the summary keeps its references", "[study]") {
  const auto summary = parse(sample_study()).summary;
  REQUIRE(summary);
  CHECK(summary->title == "Summary");
  CHECK(summary->rankings.at(0).metric == "params");
  CHECK(summary->crossovers.at(0).axis == "channels");
  CHECK(summary->fronts.at(0).metrics == Names{"params", "latency"});
}

TEST_CASE("every metric that is timed has the unit of seconds", "[study]") {
  for (const auto& metric : metrics())
    if (metric.unit == "s") CHECK(metric.timed);
  CHECK(metric_named("latency.median")->comparable);
  CHECK(metric_named("latency.mode") == nullptr);
}

TEST_CASE("comments may stand in a study, and the copy has none", "[study]") {
  const std::string text = R"(// A study.
{"study": "c", /* one block */ "variants": {"A": {"block": "DWBlock"}},
 "sections": [{"id": "s", "metrics": ["params"]} // counts alone
]})";
  const auto parsed = parse_study_text(text, "c.json", sample_blocks());
  CHECK(parsed.study.sections.size() == 1);
  CHECK(parsed.json.find("//") == std::string::npos);
  CHECK(parse_study_text(parsed.json, "c.json", sample_blocks()).json == parsed.json);
}
