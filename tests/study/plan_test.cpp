#include "ablate/study/plan.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace ablate;

namespace {

using Names = std::vector<std::string>;

Json section(const char* text) { return Json::parse(text); }

Study study_of(const std::vector<Json>& sections) {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  document["sections"] = sections;
  return parse(document);
}

Plan plan_of(const std::vector<Json>& sections) { return plan(study_of(sections), sample_blocks()); }

/// The cell that a section shows at a place, in part given.
const Cell& cell_at(const Plan& plan, std::size_t section, const Place& wanted) {
  for (const auto& placement : plan.sections.at(section).placements) {
    const auto holds = [&](const auto& item) { return placement.at.at(item.first) == item.second; };
    if (std::ranges::all_of(wanted, holds)) return plan.cells.at(placement.cell);
  }
  throw std::runtime_error("no cell there");
}

}  // namespace

TEST_CASE("a cell that four sections show is measured once", "[study]") {
  const auto made = plan_of({
      section(R"({"id": "a", "variants": ["DW"], "axes": {"channels": [32, 64]}, "metrics": ["latency"],
                  "protocol": "fast"})"),
      section(R"({"id": "b", "variants": ["DW"], "axes": {"batch": [1, 2]}, "metrics": ["latency.min"],
                  "protocol": "fast"})"),
      section(R"({"id": "c", "variants": ["DW", "STM"], "metrics": ["params"]})"),
      section(R"({"id": "d", "variants": ["DW"], "axes": {"form": "deploy"}, "metrics": ["latency"],
                  "protocol": "fast"})"),
  });
  CHECK(made.cells.size() == 4);  // 32 channels, 64 channels, batch 2, and STM, which is only counted
  const auto* shared = &cell_at(made, 0, {{"channels", "64"}});
  CHECK(&cell_at(made, 1, {{"batch", "1"}}) == shared);
  CHECK(&cell_at(made, 2, {{"variant", "DW"}}) == shared);
  CHECK(&cell_at(made, 3, {{"form", "deploy"}}) == shared);
  CHECK_FALSE(cell_at(made, 2, {{"variant", "STM"}}).protocol);
}

TEST_CASE("protocols with other numbers are other cells, with other names the same", "[study]") {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  const auto* text = R"({"id": "a", "variants": ["DW"], "metrics": ["latency"], "protocol": "fast"})";
  document["sections"] = {section(text), section(text)};
  document["sections"][1]["id"] = "b";
  document["sections"][1]["protocol"] = "slow";
  CHECK(plan(parse(document), sample_blocks()).cells.size() == 2);
  document["protocols"]["slow"] = document["protocols"]["fast"];
  CHECK(plan(parse(document), sample_blocks()).cells.size() == 1);
}

TEST_CASE("what is only counted joins a timed cell of a later section, in its own place", "[study]") {
  const auto made = plan_of({
      section(R"({"id": "counts", "variants": ["DW", "STM"], "metrics": ["params"]})"),
      section(R"({"id": "times", "variants": ["STM", "DW"], "metrics": ["latency"], "protocol": "fast"})"),
  });
  REQUIRE(made.cells.size() == 2);
  CHECK(made.cells[0].block == "DWBlock");
  CHECK(made.cells[0].protocol);
  CHECK(made.sections[1].placements[0].cell == 1);
}

TEST_CASE("ids are stable", "[study]") {
  const auto made = plan_of(
      {section(R"({"id": "a", "variants": ["DW", "gate"], "metrics": ["latency"], "protocol": "fast"})")});
  CHECK(key(made.cells[0]) ==
        "DWBlock {dropout_rate=0.5,in_channels=64,kernel_size=7,num_basis=8,out_channels=64} form=deploy "
        "device=cpu dtype=float32 batch=1 channels=64,64 resolution=64,64 seed=ffe7d91224475989 tf32=false "
        "protocol=1+3");
  CHECK(made.cells[0].id == "7a4f46d607494d75");
  CHECK(key(made.cells[1]).starts_with("PRCM {channels=8,dropout_rate=0,num_basis=8} form=deploy "));
}

TEST_CASE("a seed belongs to a block and its channels, not to how it runs", "[study]") {
  const auto made = plan_of({section(R"({"id": "a", "variants": ["DW", "STM"], "axes": {
      "channels": [16, 32], "form": ["train", "deploy"], "device": ["cpu", "cuda"], "batch": [1, 2],
      "dtype": ["float32", "float64"], "resolution": [8, 16]},
      "metrics": ["latency"], "protocol": "fast"})")});
  REQUIRE(made.cells.size() == 128);
  std::set<std::uint64_t> seeds;
  for (const auto& cell : made.cells) seeds.insert(cell.seed);
  CHECK(seeds.size() == 4);
  auto document = with(sample_study(), "/defaults", Json{{"seed", 1}});
  CHECK(plan(parse(document), sample_blocks()).cells[0].seed !=
        plan(parse(sample_study()), sample_blocks()).cells[0].seed);
}

TEST_CASE("variants are neighbours at each point of the axes", "[study]") {
  const auto made = plan(parse(sample_study()), sample_blocks());
  Names order;
  for (const auto& placement : made.sections[0].placements)
    order.push_back(placement.at.at("channels") + placement.at.at("variant"));
  CHECK(order == Names{"16DW", "16STM", "32DW", "32STM"});
}

TEST_CASE("a pinned axis does not vary for its variant", "[study]") {
  const auto made = plan_of({section(
      R"({"id": "a", "variants": ["DW", "gate"], "axes": {"channels": [16, 32], "batch": [1, 2]},
          "metrics": ["latency"], "protocol": "fast"})")});
  CHECK(made.sections[0].placements.size() == 4 + 2);
  CHECK(made.sections[0].labels.at("channels") == Names{"16", "32", "8"});
  CHECK(cell_at(made, 0, {{"variant", "gate"}, {"batch", "2"}}).channels == Channels{8, 8});
  CHECK(made.sections[0].labels.at("group") == Names{"", "parts"});
}

TEST_CASE("an axis goes before a variant's option, and a pin before both", "[study]") {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  document["variants"]["STM"]["at"] = {{"kernel_size", 9}};
  document["sections"] = {section(R"({"id": "a", "variants": ["DW", "STM"], "axes": {"kernel_size": [3, 5]},
                                      "metrics": ["params"]})")};
  const auto made = plan(parse(document), sample_blocks());
  REQUIRE(made.cells.size() == 3);
  CHECK(made.cells[0].options.at("kernel_size") == OptionValue(std::int64_t{3}));
  CHECK(made.cells[1].options.at("kernel_size") == OptionValue(std::int64_t{9}));
  CHECK(made.cells[2].options.at("kernel_size") == OptionValue(std::int64_t{5}));
}

TEST_CASE("options that follow the channels are filled in from the cell", "[study]") {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  document["variants"]["conv"] = {{"block", "RepConv"}, {"options", {{"groups", "channels"}}}};
  document["sections"] = {section(R"({"id": "a", "variants": ["conv"], "axes": {"channels": [[12, 24]]},
                                      "metrics": ["params"]})")};
  const auto made = plan(parse(document), sample_blocks());
  const auto& options = made.cells[0].options;
  CHECK(options.at("groups") == OptionValue(std::int64_t{24}));
  CHECK(options.at("in_channels") == OptionValue(std::int64_t{12}));
  document["variants"]["conv"] = {{"block", "RepConv"}, {"options", {{"kernel_size", "channels"}}}};
  CHECK_THROWS_AS(plan(parse(document), sample_blocks()), UserError);
}

TEST_CASE("a selection leaves out sections, variants and devices", "[study]") {
  auto document = with(with(sample_study(), "/summary", std::nullopt), "/claims", std::nullopt);
  document["sections"][0]["axes"]["device"] = {"cpu", "cuda"};
  const auto planned = [&](const Selection& selection) {
    return plan(parse(document, {{}, selection}), sample_blocks());
  };
  CHECK(planned({{"counts"}, {}, {}}).sections.at(0).section == 1);
  CHECK(planned({{}, {"STM"}, {}}).sections.at(0).labels.at("variant") == Names{"STM"});
  CHECK(planned({{}, {"gate"}, {}}).sections.empty());
  const auto cuda = planned({{}, {}, {"cuda"}});
  CHECK(cuda.sections.at(0).labels.at("device") == Names{"cuda"});
  CHECK(cuda.sections.size() == 2);  // counting needs no device
}

TEST_CASE("a selected cell is planned alone, in every section that shows it", "[study]") {
  auto study = study_of({
      section(R"({"id": "a", "variants": ["DW"], "axes": {"channels": [32, 64]}, "metrics": ["latency"],
                  "protocol": "fast"})"),
      section(R"({"id": "b", "variants": ["DW", "STM"], "axes": {"channels": 64}, "metrics": ["params"]})"),
  });
  const auto whole = plan(study, sample_blocks());
  const auto wanted = cell_at(whole, 0, {{"channels", "64"}});
  study.selection.cells = {wanted.id};
  const auto one = plan(study, sample_blocks());
  REQUIRE(one.cells.size() == 1);
  CHECK(one.cells.front().id == wanted.id);
  CHECK(one.sections.size() == 2);
}

TEST_CASE("an id that no selected cell has is refused by name", "[study]") {
  auto study = study_of({section(R"({"id": "a", "variants": ["DW"], "metrics": ["params"]})")});
  study.selection.cells = {"0123456789abcdef"};
  try {
    plan(study, sample_blocks());
    FAIL("not refused");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()).find("\"0123456789abcdef\"") != std::string::npos);
  }
}
