#pragma once

#include "process.hpp"

#include <pty.h>

#include <cstdlib>

namespace ablate::testing {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// The real binary on a terminal of so many columns, which shows stdout and stderr alike: what it printed.
inline Finished run_on_terminal(const std::vector<std::string>& arguments, unsigned short columns,
                                const Variables& variables = {}) {
  int terminal = -1;
  winsize size{40, columns, 0, 0};
  const auto child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    for (const auto* name : {"LC_ALL", "LC_CTYPE", "COLUMNS", "NO_COLOR"}) unsetenv(name);
    setenv("TERM", "xterm", 1);
    setenv("LANG", "C.UTF-8", 1);
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    if (chdir(ABLATE_SOURCE_DIR) != 0) _exit(127);
    std::vector<char*> argv{const_cast<char*>(ABLATE_BINARY)};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(ABLATE_BINARY, argv.data());
    _exit(127);
  }
  Finished finished{};
  char bytes[4096];
  // A terminal whose other end is closed gives an error, not an end.
  for (ssize_t got = 0; (got = read(terminal, bytes, sizeof bytes)) > 0;)
    finished.out.append(bytes, static_cast<std::size_t>(got));
  close(terminal);
  finished.exit_code = wait_for(child);
  return finished;
}

}  // namespace ablate::testing
