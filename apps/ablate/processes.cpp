#include "processes.hpp"

#include "ablate/base/error.hpp"
#include "ablate/record/pool.hpp"
#include "commands.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace ablate::cli {
namespace {

/// This program with those arguments, its tables thrown away. Returns its exit code.
int run_self(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"ablate"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const auto error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw UserError("--processes", std::strerror(error), "a machine that starts processes");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : interrupted;
}

std::vector<std::string> arguments_of(int process, const std::filesystem::path& directory,
                                      const RunStore& store, const std::vector<std::string>& common) {
  std::vector<std::string> arguments{"run"};
  if (std::filesystem::exists(directory / "study.json"))
    arguments.insert(arguments.end(), {"--resume", directory.string()});
  else
    arguments.insert(arguments.end(),
                     {(store.directory() / "study.json").string(), "--out", directory.string()});
  arguments.insert(arguments.end(), {"--order-seed", fmt::format("{}", process)});
  arguments.insert(arguments.end(), common.begin(), common.end());
  return arguments;
}

void append_pooled(const PlannedStudy& planned, const std::vector<Records>& processes, RunStore& store) {
  for (const auto& cell : planned.plan.cells) {
    std::vector<Record> records;
    for (const auto& process : processes)
      if (const auto found = process.find(cell.id); found != process.end()) records.push_back(found->second);
    const auto known = store.records().find(cell.id);
    const bool is_ok = known != store.records().end() && known->second.status == Status::ok;
    if (records.size() == processes.size() && !is_ok) store.append(pool_processes(records));
  }
}

}  // namespace

int run_processes(int count, const std::vector<std::string>& arguments, const PlannedStudy& planned,
                  RunStore& store, const std::atomic<bool>& stop) {
  int worst = well;
  std::vector<Records> processes;
  for (int process = 1; process <= count; ++process) {
    const auto directory = store.directory() / fmt::format("process-{}", process);
    fmt::print(stderr, "process {} of {}\n", process, count);
    const auto code = run_self(arguments_of(process, directory, store, arguments));
    if (code == interrupted || stop) return interrupted;
    if (code != well && code != cells_failed) return code;
    worst = std::max(worst, code);
    processes.push_back(read_records(directory));
  }
  append_pooled(planned, processes, store);
  return worst;
}

}  // namespace ablate::cli
