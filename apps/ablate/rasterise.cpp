#include "rasterise.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>

extern char** environ;

namespace ablate::cli {
namespace {

/// Exit status of a program from PATH; 127 where it is not there, as a shell has it.
int run_program(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t process = 0;
  if (posix_spawnp(&process, arguments.front(), nullptr, nullptr, arguments.data(), environ) != 0) return 127;
  int status = 0;
  while (waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

}  // namespace

std::string rasterise(const std::vector<std::filesystem::path>& svg_files) {
  for (const auto& svg : svg_files) {
    auto png = svg;
    png.replace_extension(".png");
    const auto status = run_program({"rsvg-convert", "--dpi-x", "300", "--dpi-y", "300", "--background-color",
                                     "white", "--output", png.string(), svg.string()});
    if (status == 127) return "no PNG files: rsvg-convert is not on PATH (Debian: librsvg2-bin)";
    if (status != 0) return fmt::format("no PNG of {}: rsvg-convert ended with {}", svg.string(), status);
  }
  return {};
}

}  // namespace ablate::cli
