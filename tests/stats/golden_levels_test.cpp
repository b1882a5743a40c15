// Levels of made-up streams, in a file that the Python package ablate_results is held against too: it has the
// same arithmetic a second time. After a change on purpose the file is written anew, and Python follows:
//
//     build/release/tests/tests_plain "[golden-levels]" -o /dev/null

#include "ablate/stats/stats.hpp"
#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using LevelEntry = nlohmann::ordered_json;

const std::string levels_file = std::string(ABLATE_SOURCE_DIR) + "/tests/golden/levels.jsonl";

/// A stream by its recipe, of operations that every language rounds alike.
struct LevelRecipe {
  std::uint64_t seed = 0;
  std::size_t samples = 0, layouts = 0, processes = 0;
  double phi = 0;     ///< of an autoregressive process of order one
  double offset = 0;  ///< of every third layout
};

std::vector<double> stream_of(const LevelRecipe& recipe) {
  std::vector<double> values;
  auto state = recipe.seed;
  double wander = 0;
  for (std::size_t i = 0; i < recipe.samples; ++i) {
    double noise = -1.5;
    for (int part = 0; part < 3; ++part) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      noise += static_cast<double>(state >> 11) / 9007199254740992.0;
    }
    wander = recipe.phi * wander + noise;
    const auto layout = recipe.layouts == 0 ? 1 : i * recipe.layouts / recipe.samples;
    const auto shift = layout % 3 == 0 ? recipe.offset : 0;
    values.push_back((1 + 0.02 * wander + shift) * (i % 17 == 16 ? 3e-3 : 1e-3));
  }
  return values;
}

std::vector<std::size_t> ends_of(std::size_t samples, std::size_t parts) {
  std::vector<std::size_t> ends;
  for (std::size_t part = 1; part <= parts; ++part) ends.push_back((samples * part + parts - 1) / parts);
  return ends;
}

/// As a comparison of runs takes it: of several processes, their pooled logarithms.
ablate::Estimate level_of(const LevelRecipe& recipe) {
  const auto values = stream_of(recipe);
  const auto ends = ends_of(recipe.samples, recipe.layouts);
  if (recipe.processes < 2) return ablate::level(values, ends, 0.95);
  std::vector<ablate::Estimate> each;
  std::size_t begin = 0;
  for (const auto end : ends_of(recipe.samples, recipe.processes)) {
    std::vector<std::size_t> within;
    for (const auto stop : ends)
      if (stop > begin && stop <= end) within.push_back(stop - begin);
    const auto one = ablate::level(ablate::Samples(values).subspan(begin, end - begin), within, 0.95);
    const auto low = one.low > 0 ? std::log(one.low) : -std::numeric_limits<double>::infinity();
    each.push_back({std::log(one.value), low, std::log(one.high)});
    begin = end;
  }
  return ablate::exponential(ablate::pool(each, 0.95).estimate);
}

std::vector<LevelRecipe> all_recipes() {
  std::vector<LevelRecipe> recipes;
  for (const std::size_t samples : {1, 5, 20, 29, 60, 105, 500, 2500})
    for (const double phi : {0.0, 0.7, 0.95})
      for (const std::size_t layouts : {0, 2, 9, 50})
        if (layouts <= samples)
          for (const double offset : {0.0, 0.02})
            if (offset == 0 || layouts > 0)
              recipes.push_back({recipes.size() + 1, samples, layouts, 0, phi, offset});
  for (const std::size_t processes : {2, 5})
    for (const double phi : {0.0, 0.9})
      recipes.push_back({recipes.size() + 1, 600, 10, processes, phi, 0.01});
  return recipes;
}

/// JSON has no infinity: null stands for it.
LevelEntry or_null(double value) { return std::isfinite(value) ? LevelEntry(value) : LevelEntry(); }

bool equals(const LevelEntry& expected, double value) {
  if (expected.is_null()) return std::isinf(value);
  return std::abs(value - expected.get<double>()) <= 1e-9 * std::abs(value);
}

}  // namespace

TEST_CASE("levels of made-up streams are those of the file that Python is held against", "[stats]") {
  std::ifstream file(levels_file);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    CAPTURE(line);
    const auto entry = LevelEntry::parse(line);
    const auto found = level_of({entry.at("seed"), entry.at("samples"), entry.at("layouts"),
                                 entry.at("processes"), entry.at("phi"), entry.at("offset")});
    CHECK(equals(entry.at("value"), found.value));
    CHECK(equals(entry.at("low"), found.low));
    CHECK(equals(entry.at("high"), found.high));
  }
  CHECK(count == all_recipes().size());
}

TEST_CASE("the file of levels, written anew", "[.][golden-levels]") {
  std::ofstream file(levels_file);
  for (const auto& recipe : all_recipes()) {
    const auto found = level_of(recipe);
    LevelEntry entry;
    entry["seed"] = recipe.seed;
    entry["samples"] = recipe.samples;
    entry["layouts"] = recipe.layouts;
    entry["processes"] = recipe.processes;
    entry["phi"] = recipe.phi;
    entry["offset"] = recipe.offset;
    entry["value"] = found.value;
    entry["low"] = or_null(found.low);
    entry["high"] = or_null(found.high);
    file << entry.dump() << '\n';
  }
  REQUIRE(file.good());
}
