#include "ablate/study/match.hpp"
#include "ablate/study/plan.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace ablate;

namespace {

std::filesystem::path config(const std::string& name) {
  return std::filesystem::path(ABLATE_SOURCE_DIR) / "configs" / name;
}

ParsedStudy parse_config(const std::string& name, const Overrides& overrides = {}) {
  return parse_study(config(name), sample_blocks(), overrides);
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::size_t placements(const Plan& plan) {
  std::size_t count = 0;
  for (const auto& section : plan.sections) count += section.placements.size();
  return count;
}

}  // namespace

TEST_CASE("every study in configs is valid and printed as ablate prints it", "[study]") {
  const std::string name =
      GENERATE("notebook.json", "quick.json", "params.json", "options.json", "factorial.json", "fused.json",
               "peers.json", "growth.json", "launch.json", "zoo.json");
  const auto parsed = parse_config(name);
  INFO(name);
  CHECK(parsed.json == text_of(config(name)));
  const auto by_width = [](const Cell& cell, const std::string&) { return std::optional(cell.channels.out); };
  const auto solved = solve_matches(parsed, sample_blocks(), by_width);
  CHECK_FALSE(plan(solved.study, sample_blocks()).cells.empty());
}

TEST_CASE("the notebook's study holds its sections, each shared cell once", "[study]") {
  const auto study = parse_config("notebook.json").study;
  const auto made = plan(study, sample_blocks());
  REQUIRE(study.sections.size() == 10);
  CHECK(placements(made) == 174);
  CHECK(made.cells.size() == 143);
  // What sections 5 to 8 and 11 show of 64 channels, 64 pixels and one input is one cell a block and device.
  const auto is_shared = [](const Cell& cell) {
    return cell.block == "STMBlock" && cell.channels == Channels{64, 64} &&
           cell.resolution == Resolution{64, 64} && cell.batch == 1 && cell.form == Form::deploy &&
           cell.device == "cuda";
  };
  CHECK(std::ranges::count_if(made.cells, is_shared) == 1);
}

TEST_CASE("the notebook's own protocol can be chosen in place of the paired one", "[study]") {
  Overrides overrides;
  overrides.selection.protocols = {"cuda=gpu", "cpu=cpu"};
  const auto study = parse_config("notebook.json", overrides).study;
  const auto sampling = [&](const char* section, const char* device) {
    const auto& protocol = study.section(section).protocols.at(device);
    return std::pair(protocol.warmup, protocol.repeat);
  };
  CHECK(sampling("channels", "cuda") == std::pair<std::int64_t, std::int64_t>(100, 500));
  CHECK(sampling("channels", "cpu") == std::pair<std::int64_t, std::int64_t>(20, 100));
  for (const auto& planned : {plan(study, sample_blocks())}) CHECK(planned.groups.empty());
}

TEST_CASE("the study of the fused form covers the notebook's grid, its three forms in one group", "[study]") {
  const auto notebook = plan(parse_config("notebook.json").study, sample_blocks());
  const auto made = plan(parse_config("fused.json").study, sample_blocks());
  for (const auto& cell : notebook.cells) {
    if (!cell.protocol || !cell.block.ends_with("Block")) continue;
    for (const auto form : {Form::train, Form::deploy, Form::fused}) {
      const auto is_there = [&](const Cell& other) {
        return other.block == cell.block && other.form == form && other.device == cell.device &&
               other.channels == cell.channels && other.resolution == cell.resolution &&
               other.batch == cell.batch && other.dtype == cell.dtype && other.protocol;
      };
      CHECK(std::ranges::count_if(made.cells, is_there) == 1);
    }
  }
}

TEST_CASE("the study of parameters covers the golden counts in every form", "[study]") {
  const auto made = plan(parse_config("params.json").study, sample_blocks());
  const auto golden =
      Json::parse(text_of(std::filesystem::path(ABLATE_SOURCE_DIR) / "tests/golden/params_grid.json"));
  CHECK(made.sections[0].placements.size() == form_names.size() * golden.size());
  for (const auto& row : golden) {
    const Channels channels{row["in"].get<std::int64_t>(), row["out"].get<std::int64_t>()};
    const auto is_row = [&](const Cell& cell) {
      return cell.block == row["block"].get<std::string>() && cell.channels == channels;
    };
    CHECK(std::ranges::count_if(made.cells, is_row) == std::ssize(form_names));
  }
}
