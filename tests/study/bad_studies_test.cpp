#include "ablate/base/error.hpp"
#include "ablate/study/plan.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

using namespace ablate;

namespace {

/// The message of the UserError that `call` throws.
template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

std::string message_for_text(const std::string& text) {
  return message_of([&] { parse_study_text(text, "study.json", sample_blocks()); });
}

/// What is set in the sample study, and what the message must say: place, value, what is allowed.
struct Bad {
  const char* pointer;
  const char* value;  ///< JSON; null removes what stands there
  const char* where;
  const char* what;
  const char* allowed;
};

const Bad bad_studies[] = {
    {"/sections", R"({})", "/sections", "{}", "an array"},
    {"/sections", R"([])", "/sections", "[]", "at least one"},
    {"/sections", nullptr, "/sections", "missing", "at least one section"},
    {"/variants", nullptr, "/variants", "missing", "at least one variant"},
    {"/variants", R"({})", "/variants", "{}", "at least one variant"},
    {"/study", R"("My study")", "/study", "\"My study\"", "small letters"},
    {"/sectoins", R"([])", "/sectoins", "unknown key \"sectoins\"", "did you mean sections?"},
    {"/defaults", R"({"seed": -1})", "/defaults/seed", "-1", "an integer from 0"},
    {"/defaults", R"({"channels": 1.5})", "/defaults/channels", "1.5",
     "an integer from 1 to 32,768, or a pair"},
    {"/math", R"({"tf32": "no"})", "/math/tf32", "\"no\"", "true or false"},
    {"/protocols/fast/repeat", "0", "/protocols/fast/repeat", "0", "an integer from 1 to 1,000,000"},
    {"/protocols/fast/warmup", "9223372036854775808", "/protocols/fast/warmup", "9223372036854775808",
     "an integer from 0"},
    {"/protocols/fast/repeat", nullptr, "/protocols/fast/repeat", "missing", "an integer from 1"},
    {"/variants/DW/block", R"("DWBlok")", "/variants/DW/block", "\"DWBlok\"", "did you mean DWBlock?"},
    {"/variants/DW/options/kernel_size", "4", "/variants/DW/options/kernel_size", "4", "an odd integer"},
    {"/variants/DW/options/kernel_size", R"("7")", "/variants/DW/options/kernel_size", "\"7\"",
     "an odd integer, at least 1; or \"in_channels\""},
    {"/variants/DW/options/kernal_size", "7", "/variants/DW/options/kernal_size",
     "unknown key \"kernal_size\", DWBlock has no such option", "did you mean kernel_size?"},
    {"/variants/DW/options/in_channels", "7", "/variants/DW/options/in_channels", "\"in_channels\"",
     "the axis \"channels\""},
    {"/variants/gate/options/dropout_rate", "1", "/variants/gate/options/dropout_rate", "1", "below 1"},
    {"/variants/gate/at/channels", "[8, 8, 8]", "/variants/gate/at/channels", "[8,8,8]", "a pair [in, out]"},
    {"/variants/gate/at/width", "8", "/variants/gate/at/width", "unknown key \"width\"", "resolution"},
    {"/variants/a~1b", R"({"block": 1})", "/variants/a~1b/block", "1", "DWBlock"},
    {"/sections/1/id", R"("channels")", "/sections/1/id", "\"channels\" a second time", "each once"},
    {"/sections/0/id", nullptr, "/sections/0/id", "missing", "small letters"},
    {"/sections/0/variants/1", R"("ST")", "/sections/0/variants/1", "\"ST\"", "did you mean STM?"},
    {"/sections/0/variants/1", R"("DW")", "/sections/0/variants/1", "\"DW\" a second time", "each name once"},
    {"/sections/0/variants", R"([])", "/sections/0/variants", "[]", "at least one"},
    {"/sections/0/axes/channels", R"([])", "/sections/0/axes/channels", "[]", "at least one"},
    {"/sections/0/axes/channels/1", "0", "/sections/0/axes/channels/1", "0", "an integer from 1 to 32,768"},
    {"/sections/0/axes/channels/1", "[8]", "/sections/0/axes/channels/1", "[8]", "a pair [in, out]"},
    {"/sections/0/axes/channels/1", R"([8, "x"])", "/sections/0/axes/channels/1/1", "\"x\"", "an integer"},
    {"/sections/0/axes/channels/1", "16", "/sections/0/axes/channels/1", "16 a second time",
     "each value once"},
    {"/sections/0/axes/chanels", "[8]", "/sections/0/axes/chanels", "no axis \"chanels\"",
     "did you mean channels?"},
    {"/sections/0/axes/kernel_size", "[3, 4]", "/sections/0/axes/kernel_size/1", "4", "an odd integer"},
    {"/sections/0/axes/form", R"("deployed")", "/sections/0/axes/form", "\"deployed\"",
     "train, deploy, folded, fused (did you mean deploy?)"},
    {"/sections/0/axes/device", R"(["cpu", "gpu"])", "/sections/0/axes/device/1", "\"gpu\"",
     "cpu, cuda, or cuda:N"},
    {"/sections/0/axes/dtype", "32", "/sections/0/axes/dtype", "32", "float32"},
    {"/sections/0/metrics/0", R"("latncy")", "/sections/0/metrics/0", "\"latncy\"", "did you mean latency?"},
    {"/sections/0/metrics", nullptr, "/sections/0/metrics", "missing", "params"},
    {"/sections/0/protocol", nullptr, "/sections/0/protocol", "missing", "is timed"},
    {"/sections/0/protocol", R"("fasd")", "/sections/0/protocol", "\"fasd\"", "did you mean fast?"},
    {"/sections/0/protocol", R"({"cuda": "fast"})", "/sections/0/protocol", "no protocol for device cpu",
     "each device"},
    {"/sections/1/baseline", R"({"variant": "gate"})", "/sections/1/baseline/variant", "\"gate\"", "DW, STM"},
    {"/sections/1/baseline", R"({"form": "folded"})", "/sections/1/baseline/form", "\"folded\"",
     "train, deploy"},
    {"/sections/1/baseline", R"({"batch": 1})", "/sections/1/baseline/batch", "unknown key \"batch\"",
     "variant"},
    {"/sections/1/table/rows", R"(["form", "form"])", "/sections/1/table/rows/1", "\"form\" a second time",
     "one place"},
    {"/sections/1/table/rows", R"(["trait"])", "/sections/1/table", "\"form\" has several labels",
     "every dimension"},
    {"/sections/1/table/columns", R"(["variant", "part"])", "/sections/1/table/columns/1", "\"part\"",
     "metric"},
    {"/sections/1/metrics", R"(["traits"])", "/sections/1/baseline", "no metric", "no baseline"},
    {"/sections/0/axes/recalibration", R"(["none", "skale"])", "/sections/0/axes/recalibration/1",
     "\"skale\"", "did you mean scale?"},
    {"/variants/DW/options/recalibration", "true", "/variants/DW/options/recalibration", "true",
     "none, scale"},
    {"/variants/DW/options/kxk", R"("none")", "/variants/DW/options/kxk", "\"none\"", "true or false"},
    {"/sections/0/kind", R"("fractional")", "/sections/0/kind", "\"fractional\"", "sweep, factorial"},
    {"/sections/0/kind", R"("factorial")", "/sections/0/factors", "missing", "at least one option"},
    {"/sections/0/factors", R"({"kxk": [true, false]})", "/sections/0/factors",
     "\"factors\" in a section that is no factorial", "\"kind\": \"factorial\""},
    {"/sections/0/fraction", "2", "/sections/0/fraction", "\"fraction\" in a section",
     "\"kind\": \"factorial\""},
    {"/summary/rankings/0/section", R"("count")", "/summary/rankings/0/section", "\"count\"",
     "did you mean counts?"},
    {"/summary/rankings/0/metric", R"("latency")", "/summary/rankings/0/metric", "\"latency\"", "params"},
    {"/summary/crossovers/0/axis", R"("form")", "/summary/crossovers/0/axis", "\"form\"", "channels"},
    {"/summary/pareto/0/metrics/0", R"("latency.min")", "/summary/pareto/0/metrics/0", "\"latency.min\"",
     "latency.mean"},
    {"/sections/1/sums/0/whole", R"("gate")", "/sections/1/sums/0/whole", "\"gate\"", "DW, STM"},
    {"/sections/1/sums/0/parts/1", R"("DW")", "/sections/1/sums/0/parts/1", "\"DW\"", "STM"},
    {"/selection", R"({"sections": ["chanels"]})", "/selection/sections/0", "\"chanels\"",
     "did you mean channels?"},
    {"/selection", R"({"devices": ["cuda"]})", "/selection/devices/0", "\"cuda\"", "allowed: cpu"},
    {"/title", R"("two\nlines")", "/title", R"("two\nlines")", "without control characters"},
};

}  // namespace

TEST_CASE("a bad study is refused with file, pointer, value and what is allowed", "[study]") {
  REQUIRE(message_for_text(sample_study().dump()) == "no error");
  for (const auto& bad : bad_studies) {
    const auto value = bad.value ? std::optional(Json::parse(bad.value)) : std::nullopt;
    const auto message = message_for_text(with(sample_study(), bad.pointer, value).dump());
    INFO(message);
    CHECK(message.starts_with(std::string("study.json: ") + bad.where + ": " + bad.what));
    const auto allowed = message.find("; allowed: ");
    REQUIRE(allowed != std::string::npos);
    CHECK(message.find(bad.allowed, allowed) != std::string::npos);
  }
}

TEST_CASE("what is not JSON is refused with line and column", "[study]") {
  CHECK(message_for_text("{\n  \"study\": }") ==
        "study.json: line 2, column 12: syntax error while parsing value - unexpected '}'; expected '[', "
        "'{', or "
        "a literal; allowed: JSON");
  CHECK(message_for_text("").starts_with("study.json: line 1, column 1: "));
  CHECK(message_for_text("{\"study\": 1e999}").starts_with("study.json: number overflow"));
  CHECK(message_for_text("[1]") == "study.json: [1]; allowed: an object");
  CHECK(message_for_text(std::string(100000, '[')).starts_with("study.json: more than 32 levels"));
}

TEST_CASE("a key that stands twice in its object is refused with its place", "[study]") {
  CHECK(message_for_text(R"({"sections": [{}, {"axes": {"batch": [1, 2], "batch": 3}}]})") ==
        "study.json: /sections/1/axes/batch: the same key a second time; allowed: each key once");
}

TEST_CASE("a file that is missing or a directory is refused by name", "[study]") {
  const auto read = [](const char* file) { return message_of([&] { parse_study(file, sample_blocks()); }); };
  CHECK(read("no/such/study.json") ==
        "no/such/study.json: there is no such file; allowed: a study file, which is JSON");
  CHECK(read("/") == "/: is a directory; allowed: a study file, which is JSON");
}

TEST_CASE("a product of too many cells is refused before it is made", "[study]") {
  auto document = sample_study();
  auto hundred = Json::array(), thousand = Json::array();
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  for (int i = 1; i <= 1000; ++i) thousand.push_back(i);
  auto& axes = document["sections"][0]["axes"];

  document["sections"][0]["variants"] = {"DW"};
  axes = {{"channels", hundred}, {"resolution", hundred}};
  document.erase("summary");
  CHECK(message_of([&] { plan(parse(document), sample_blocks()); }) ==
        "study.json: /sections/0/axes: 10,000 cells; allowed: at most 5,000, or --max-cells N");
  CHECK(plan(parse(document), sample_blocks(), 20000).cells.size() == 10000 + 3);

  axes = {{"channels", thousand}, {"resolution", thousand}, {"batch", thousand}, {"num_basis", thousand}};
  // No memory would hold these: that there is an answer says that they were counted, not made.
  CHECK(message_of([&] { plan(parse(document), sample_blocks()); }).find("1,000,000,000,000 cells") !=
        std::string::npos);
}

TEST_CASE("a product beyond 64 bits is refused too", "[study]") {
  auto document = with(sample_study(), "/summary", std::nullopt);
  auto values = Json::array();
  for (int i = 1; i <= 1000; ++i) values.push_back(i);
  auto& axes = document["sections"][0]["axes"];
  axes = {{"channels", values}, {"resolution", values}, {"batch", values}, {"num_basis", values}};
  axes["kernel_size"] = Json::array();
  axes["dropout_rate"] = Json::array();
  for (int i = 0; i < 1000; ++i) {
    axes["kernel_size"].push_back(2 * i + 1);
    axes["dropout_rate"].push_back(i / 1000.0);
  }
  axes["dtype"] = {"float32", "float64", "float16", "bfloat16"};
  axes["form"] = {"train", "deploy", "folded", "fused"};
  axes["device"] = {"cpu", "cuda", "cuda:1"};
  const auto study = parse(document);
  CHECK(message_of([&] { plan(study, sample_blocks()); }).find("more than 9,223") != std::string::npos);
}

TEST_CASE("an error says what to do next where it knows", "[study]") {
  const auto next_of = [](const auto& call) {
    try {
      call();
    } catch (const UserError& error) {
      return error.next();
    }
    return std::string("no error");
  };
  CHECK(next_of([] { parse_study("no/such.json", sample_blocks()); }) == "try: ablate init no/such.json");
  CHECK(next_of([] {
          parse_study_text(R"({"study": "s", "variants": {"A": {"block": "DWBlok"}}})", "s.json",
                           sample_blocks());
        }) == "see: ablate list blocks");
  CHECK(next_of([] { parse_study_text("[]", "s.json", sample_blocks()); }).empty());
}
