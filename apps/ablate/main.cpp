#include "ablate/base/build_info.hpp"
#include "ablate/base/error.hpp"
#include "commands.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <cstdio>
#include <exception>

namespace {

/// Runs the command that the arguments name. What a user can mend goes to stderr as it is, exit code 2; a
/// fault of ours says that it is one.
int run(CLI::App& app, int argc, char** argv, const int& exit_code) {
  using namespace ablate::cli;
  try {
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? well : wrong_input;
  } catch (const ablate::UserError& error) {
    fmt::print(stderr, "ablate: {}\n", error.what());
    return wrong_input;
  } catch (const c10::Error& error) {
    fmt::print(stderr, "ablate: fault in LibTorch: {}\n", error.what_without_backtrace());
  } catch (const std::exception& error) {
    fmt::print(stderr, "ablate: fault of ours, please report it: {}\n", error.what());
  }
  return 70;  // EX_SOFTWARE
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = ablate::cli::well;
  CLI::App app("What each part of a network block costs, and what it buys.", "ablate");
  app.set_version_flag(
      "--version", fmt::format("ablate {} (LibTorch {}, {} {}, CUDA {})", ablate::revision(), TORCH_VERSION,
                               ablate::compiler(), ablate::build_type(), ablate::with_cuda() ? "yes" : "no"));
  app.require_subcommand(1);
  app.footer("Example:\n  ablate run configs/notebook.json\n\nEvery command has --help with an example.");
  ablate::cli::add_run(app, exit_code);
  ablate::cli::add_plan(app, exit_code);
  ablate::cli::add_report(app, exit_code);
  ablate::cli::add_compare(app, exit_code);
  ablate::cli::add_history(app, exit_code);
  ablate::cli::add_list(app, exit_code);
  ablate::cli::add_params(app, exit_code);
  ablate::cli::add_verify(app, exit_code);
  ablate::cli::add_deploy(app, exit_code);
  ablate::cli::add_selfcheck(app, exit_code);
  return run(app, argc, argv, exit_code);
}
