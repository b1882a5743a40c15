#include "run_folders.hpp"

#include "ablate/base/error.hpp"
#include "checks.hpp"

#include <algorithm>
#include <filesystem>

namespace ablate::cli {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& directory) {
  return fs::exists(directory / "records.jsonl") && fs::exists(directory / "environment.json");
}

void collect(const fs::path& folder, std::vector<std::string>& found) {
  if (is_run(folder)) {
    found.push_back(folder.string());
    return;
  }
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !entry.is_symlink() && entry.path().filename().string().front() != '.')
      collect(entry.path(), found);
}

}  // namespace

std::vector<ComparedRun> read_runs_below(const std::string& folder) {
  std::vector<std::string> found;
  if (fs::is_directory(folder)) collect(folder, found);
  if (found.empty())
    throw UserError(folder, "holds no run",
                    "a folder of run directories, each with records.jsonl and environment.json");
  std::ranges::sort(found);
  std::vector<ComparedRun> runs;
  for (const auto& directory : found) runs.push_back(read_run(directory));
  return runs;
}

}  // namespace ablate::cli
