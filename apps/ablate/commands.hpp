#pragma once

#include <CLI/CLI.hpp>

/// The command line: one file a subcommand. Each adds itself to `app` and leaves its exit code in `exit_code`
/// when it is called.

namespace ablate::cli {

enum ExitCode {
  well = 0,
  check_failed = 1,   ///< counts drifted, forms differ, a run regressed
  wrong_input = 2,    ///< the user can mend it
  cells_failed = 3,   ///< the run went through, some of its cells did not
  interrupted = 130,  ///< Ctrl-C, as shells say it
};

void add_bench(CLI::App& app, int& exit_code);
void add_init(CLI::App& app, int& exit_code);
/// --plugin, which belongs to no command.
void add_plugins(CLI::App& app);
void add_run(CLI::App& app, int& exit_code);
void add_plan(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_params(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_deploy(CLI::App& app, int& exit_code);
void add_selfcheck(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);
void add_man(CLI::App& app, int& exit_code);
void add_history(CLI::App& app, int& exit_code);

}  // namespace ablate::cli
