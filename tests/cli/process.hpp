#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace ablate::testing {

/// A directory of the test's own, gone with it.
struct Directory {
  std::filesystem::path path;
  Directory() {
    static int count = 0;
    path = std::filesystem::temp_directory_path() /
           ("ablate_cli_test_" + std::to_string(getpid()) + "_" + std::to_string(++count));
    std::filesystem::create_directories(path);
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The lines of a file that a process may be writing to: one that has no newline yet is not there yet.
inline std::vector<std::string> whole_lines_of(const std::filesystem::path& file) {
  std::istringstream text(text_of(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line) && !text.eof();) lines.push_back(line);
  return lines;
}

inline void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

/// The real binary, started in the source folder with these arguments; output goes to files in `scratch`.
inline pid_t start(const std::vector<std::string>& arguments, const Directory& scratch) {
  const auto child = fork();
  if (child != 0) return child;
  const auto redirect = [&](int descriptor, const char* name) {
    dup2(open((scratch / name).c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), descriptor);
  };
  redirect(STDOUT_FILENO, "stdout");
  redirect(STDERR_FILENO, "stderr");
  if (chdir(ABLATE_SOURCE_DIR) != 0) _exit(127);
  std::vector<char*> argv{const_cast<char*>(ABLATE_BINARY)};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(ABLATE_BINARY, argv.data());
  _exit(127);
}

/// Exit code, or minus the signal that ended it.
inline int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

inline bool is_running(pid_t child) {
  siginfo_t ended{};
  return waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

struct Finished {
  int exit_code;
  std::string out, err;
};

inline Finished run_ablate(const std::vector<std::string>& arguments) {
  const Directory scratch;
  const auto exit_code = wait_for(start(arguments, scratch));
  return {exit_code, text_of(scratch / "stdout"), text_of(scratch / "stderr")};
}

}  // namespace ablate::testing
