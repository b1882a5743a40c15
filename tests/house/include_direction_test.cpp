// The rooms and what each may use, as docs/design.md has them: nothing points upward. Reads the #include
// lines.

#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

/// Besides itself, a room may use these: a whole room, or one header of it.
const std::map<std::string, Names> may_use{
    {"base", {}},
    {"stats", {"base"}},
    {"blocks", {"base", "kernels"}},
    {"weights", {"base"}},
    {"measure", {"base", "blocks"}},
    {"check", {"base", "blocks", "weights", "measure", "study"}},
    {"study", {"base"}},
    {"record", {"base", "study", "measure/result.hpp"}},
    {"verdict", {"base", "stats", "record", "study", "measure/result.hpp"}},
    {"report", {"base", "stats", "record", "study", "verdict", "measure/result.hpp"}},
    {"run", {"base", "blocks", "weights", "check", "measure", "study", "record", "stats", "watch"}},
    {"kernels", {"base"}},
    {"watch", {"base"}},
};

/// Third-party headers by the beginning of their path, and the rooms that include them.
const std::map<std::string, Names> rooms_of{
    {"torch/", {"blocks", "weights", "check", "measure", "run", "kernels"}},
    {"ATen/", {"blocks", "weights", "check", "measure", "run", "kernels"}},
    {"c10/", {"blocks", "weights", "check", "measure", "run", "kernels"}},
    {"cuda", {"measure", "run", "kernels"}},
    {"CLI/", {}},
    {"nlohmann/", {"study", "record", "report", "weights", "check"}},
};

struct Include {
  std::string path;   ///< "ablate/base/error.hpp"
  std::string place;  ///< "src/ablate/study/plan.cpp:3"
};

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What stands between quotes or angle brackets; empty where the line includes nothing.
std::string included(const std::string& line) {
  if (!line.starts_with("#include")) return {};
  const auto begin = line.find_first_of("\"<");
  const auto end = line.find_last_of("\">");
  return begin == std::string::npos || end <= begin ? std::string() : line.substr(begin + 1, end - begin - 1);
}

std::vector<Include> includes_of(const fs::path& file, const fs::path& root) {
  std::vector<Include> includes;
  std::ifstream stream(file);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number)
    if (auto path = included(line); !path.empty())
      includes.push_back({path, file.lexically_relative(root).string() + ":" + std::to_string(number)});
  return includes;
}

/// What is wrong with one include of a file of `room`; empty where nothing is.
std::string fault(const std::string& room, bool header, const Include& include) {
  for (const auto& [prefix, rooms] : rooms_of)
    if (include.path.starts_with(prefix)) {
      if (!holds(rooms, room)) return include.place + ": " + room + " may not include <" + include.path + ">";
      if (prefix == "nlohmann/" && header && include.path != "nlohmann/json_fwd.hpp")
        return include.place + ": JSON stays inside .cpp files";
    }
  if (!include.path.starts_with("ablate/")) return {};
  const auto header_path = include.path.substr(std::string("ablate/").size());
  const auto used = header_path.substr(0, header_path.find('/'));
  const auto& allowed = may_use.at(room);
  if (used == room || holds(allowed, used) || holds(allowed, header_path)) return {};
  return include.place + ": " + room + " may not use " + header_path;
}

/// Every fault in the rooms below `root`/src/ablate, one a line.
std::string faults_below(const fs::path& root) {
  std::string faults;
  for (const auto& room : fs::directory_iterator(root / "src/ablate")) {
    const auto name = room.path().filename().string();
    if (!may_use.contains(name)) {
      faults += "src/ablate/" + name + ": a room that the table does not have\n";
      continue;
    }
    for (const auto& file : fs::recursive_directory_iterator(room.path()))
      if (file.is_regular_file())
        for (const auto& include : includes_of(file.path(), root))
          if (const auto found = fault(name, file.path().extension() == ".hpp", include); !found.empty())
            faults += found + "\n";
  }
  return faults;
}

}  // namespace

TEST_CASE("no room includes what stands above it", "[house]") {
  CHECK(faults_below(ABLATE_SOURCE_DIR) == "");
}

TEST_CASE("an include that points upward is found and named", "[house]") {
  const Include upward{"ablate/report/table.hpp", "src/ablate/record/store.hpp:7"};
  CHECK(fault("record", true, upward) ==
        "src/ablate/record/store.hpp:7: record may not use report/table.hpp");
  CHECK(fault("report", true, upward) == "");
  CHECK(fault("record", true, {"ablate/measure/result.hpp", "x:1"}) == "");
  CHECK(fault("record", true, {"ablate/measure/clock.hpp", "x:1"}) != "");
  CHECK(fault("study", false, {"torch/torch.h", "x:1"}) != "");
  CHECK(fault("run", false, {"CLI/CLI.hpp", "x:1"}) != "");
  CHECK(fault("study", false, {"nlohmann/json.hpp", "x:1"}) == "");
  CHECK(fault("study", true, {"nlohmann/json.hpp", "x:1"}) != "");
}
