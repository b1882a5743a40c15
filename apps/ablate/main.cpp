#include "ablate/base/build_info.hpp"
#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/measure/device.hpp"
#include "commands.hpp"
#include "terminal.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <cstdio>
#include <exception>

namespace {

/// "ablate 0.1.0", and what the numbers of this binary depend on.
std::string version_text() {
  using namespace ablate;
  const auto cuda = cuda_of_build();
  return fmt::format("ablate {}\nLibTorch {}\nCUDA {}\nrevision {}\ncompiler {}, {} build", version(),
                     TORCH_VERSION, cuda.empty() ? "none" : cuda, revision(), compiler(), build_type());
}

/// The command that the first argument most likely meant; empty where it is one, or like none.
std::string meant_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const auto meant = ablate::nearest(argv[1], names);
  return meant == argv[1] ? std::string() : std::string(meant);
}

int wrong_arguments(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (app.exit(error) == 0) return ablate::cli::well;
  if (const auto meant = meant_command(app, argc, argv); !meant.empty())
    fmt::print(stderr, "try: ablate {}\n", meant);
  return ablate::cli::wrong_input;
}

/// Runs the command that the arguments name. What a user can mend goes to stderr as it is, exit code 2; a
/// fault of ours says that it is one.
int run(CLI::App& app, int argc, char** argv, const int& exit_code) {
  using namespace ablate::cli;
  try {
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::ParseError& error) {
    return wrong_arguments(app, error, argc, argv);
  } catch (const ablate::UserError& error) {
    say(stderr, fmt::format("ablate: {}\n", error.what()));
    if (!error.next().empty()) say(stderr, error.next() + "\n");
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
  app.set_version_flag("--version", version_text,
                       "Print versions of ablate, LibTorch, CUDA; revision, compiler");
  app.require_subcommand(1);
  app.fallthrough();  // options of `app` may stand behind the command too
  ablate::cli::add_plugins(app);
  app.footer("Example:\n  ablate run configs/notebook.json\n\nEvery command has --help with an example.");
  ablate::cli::add_bench(app, exit_code);
  ablate::cli::add_init(app, exit_code);
  ablate::cli::add_run(app, exit_code);
  ablate::cli::add_plan(app, exit_code);
  ablate::cli::add_report(app, exit_code);
  ablate::cli::add_explain(app, exit_code);
  ablate::cli::add_compare(app, exit_code);
  ablate::cli::add_history(app, exit_code);
  ablate::cli::add_list(app, exit_code);
  ablate::cli::add_params(app, exit_code);
  ablate::cli::add_verify(app, exit_code);
  ablate::cli::add_deploy(app, exit_code);
  ablate::cli::add_selfcheck(app, exit_code);
  ablate::cli::add_completion(app, exit_code);
  ablate::cli::add_man(app, exit_code);
  return run(app, argc, argv, exit_code);
}
