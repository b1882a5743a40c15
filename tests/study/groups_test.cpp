#include "ablate/study/plan.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <set>

using namespace ablate;

namespace {

const std::string head =
    R"({"study": "t", "protocols": {"p": {"kind": "paired"}, "c": {"kind": "paired", "cache": "cold"},
  "f": {"warmup": 1, "repeat": 1}}, "variants": {"DW": {"block": "DWBlock"}, "STM": {"block": "STMBlock"},
  "wide": {"block": "DWBlock", "at": {"channels": 96}}}, "sections": [)";

Plan plan_with(const std::string& sections) {
  return plan(parse(Json::parse(head + sections + "]}")), sample_blocks());
}

std::vector<std::size_t> sizes(const Plan& plan) {
  std::vector<std::size_t> sizes;
  for (const auto& group : plan.groups) sizes.push_back(group.cells.size());
  return sizes;
}

}  // namespace

TEST_CASE("cells that are fed the same take turns, others do not", "[study]") {
  const auto made = plan_with(
      R"({"id": "a", "variants": ["DW", "STM"], "axes": {"batch": [1, 2], "form": ["train", "deploy"]},
    "metrics": ["latency"], "protocol": "p"})");
  CHECK((sizes(made) == std::vector<std::size_t>{4, 4}));
}

TEST_CASE("sections share a group where they share the input", "[study]") {
  const auto made = plan_with(R"({"id": "a", "variants": ["DW"], "metrics": ["latency"], "protocol": "p"},
    {"id": "b", "variants": ["STM"], "axes": {"channels": [64, [64, 96]]}, "metrics": ["latency"], "protocol": "p"})");
  CHECK((sizes(made) == std::vector<std::size_t>{3}));
}

TEST_CASE("variants that a section compares take turns although their inputs differ", "[study]") {
  const auto made =
      plan_with(R"({"id": "a", "variants": ["DW", "wide"], "metrics": ["latency"], "protocol": "p"})");
  CHECK((sizes(made) == std::vector<std::size_t>{2}));
}

TEST_CASE("what the baseline changes is compared, so it stands in the group", "[study]") {
  const auto made =
      plan_with(R"({"id": "a", "variants": ["DW"], "axes": {"batch": [1, 2, 4]}, "metrics": ["latency"],
    "protocol": "p", "baseline": {"batch": 2}})");
  REQUIRE((sizes(made) == std::vector<std::size_t>{3}));
  CHECK(made.cells[made.groups[0].baseline].batch == 2);
}

TEST_CASE("caches that are cold are no company for hot ones", "[study]") {
  const auto made =
      plan_with(R"({"id": "a", "variants": ["DW"], "axes": {"cache": ["hot", "cold"]}, "metrics": ["latency"],
    "protocol": "p"})");
  CHECK((sizes(made) == std::vector<std::size_t>{1, 1}));
  CHECK(made.cells[1].protocol->cache == Cache::cold);
}

TEST_CASE("fixed protocols make no groups, and every paired cell is in one", "[study]") {
  const auto made =
      plan_with(R"({"id": "a", "variants": ["DW", "STM"], "axes": {"batch": [1, 2]}, "metrics": ["latency"],
    "protocol": "f"}, {"id": "b", "variants": ["DW", "STM"], "axes": {"batch": [1, 2]}, "metrics": ["latency"],
    "protocol": "c"})");
  std::set<std::size_t> grouped;
  for (const auto& group : made.groups) grouped.insert(group.cells.begin(), group.cells.end());
  CHECK(grouped.size() == 4);
  for (const auto cell : grouped) CHECK(made.cells[cell].protocol->kind == Sampling::paired);
}

TEST_CASE("how precise a cell shall be makes no other cell of it", "[study]") {
  const auto id = [](const std::string& protocol) {
    return plan(parse(Json::parse(R"({"study": "t", "protocols": {"p": )" + protocol +
                                  R"(}, "variants": {"DW": {"block": "DWBlock"}},
      "sections": [{"id": "a", "metrics": ["latency"], "protocol": "p"}]})")),
                sample_blocks())
        .cells[0]
        .id;
  };
  const auto plain = id(R"({"kind": "paired"})");
  CHECK(id(R"({"kind": "paired", "precision": 0.1, "budget_s": 3, "clock": "host"})") == plain);
  CHECK(id(R"({"kind": "paired", "cache": "cold"})") != plain);
}
