#include "commands.hpp"
#include "completion.hpp"

#include <fmt/format.h>

#include <memory>

namespace ablate::cli {

void add_completion(CLI::App& app, int& exit_code) {
  const auto shell = std::make_shared<std::string>();
  auto& command = *app.add_subcommand("completion", "Print what makes a shell complete ablate's arguments");
  command.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.footer("Example:\n  source <(ablate completion bash)");
  command.callback([shell, &app, &exit_code] {
    const auto line = read_tree(app);
    if (*shell == "bash") fmt::print("{}", bash_completion(line));
    if (*shell == "zsh") fmt::print("{}", zsh_completion(line));
    if (*shell == "fish") fmt::print("{}", fish_completion(line));
    exit_code = well;
  });
}

}  // namespace ablate::cli
