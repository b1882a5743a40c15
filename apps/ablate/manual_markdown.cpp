#include "ablate/base/text.hpp"
#include "manual.hpp"

#include <fmt/format.h>

namespace ablate::cli {
namespace {

/// A cell of a table: a pipe would end it, and < would begin a tag.
std::string cell_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string row(const Argument& argument) {
  const bool is_place = !argument.names.front().starts_with("-");
  std::vector<std::string> names;
  for (const auto& name : argument.names) names.push_back("`" + name + "`");
  auto head = join(names);
  if (!argument.is_flag() && !is_place) head += " " + argument.type;
  auto text = cell_text(argument.help);
  if (!argument.choices.empty() && argument.help.find(argument.choices.front()) == std::string::npos)
    text += fmt::format(" ({})", join(argument.choices, ", "));
  if (!argument.fallback.empty()) text += fmt::format("; default: `{}`", argument.fallback);
  if (argument.required) text += is_place ? "" : "; required";
  return fmt::format("| {} | {} |\n", head, text);
}

std::string markdown_command(const Command& command) {
  auto text =
      fmt::format("\n## ablate {}\n\n{}.\n\n```\nablate {}\n```\n\n| argument | meaning |\n| --- | --- |\n",
                  command.name, command.help, usage(command));
  for (const auto& place : command.places) text += row(place);
  for (const auto& option : command.options)
    if (option.names.back() != "--help") text += row(option);
  if (!command.example.empty()) text += fmt::format("\nExample:\n\n```sh\n{}\n```\n", command.example);
  return text;
}

}  // namespace

std::string manual_markdown(const CommandLine& line) {
  auto text = fmt::format(
      "# The command line\n\n<!-- Made by `ablate man --format md`; do not edit. -->\n\n{}\n\n"
      "| command | what it does |\n| --- | --- |\n",
      line.help);
  for (const auto& command : line.commands)
    text += fmt::format("| [{0}](#ablate-{0}) | {1} |\n", command.name, command.help);
  text +=
      "\n`ablate --version` prints the versions of ablate, LibTorch and CUDA, the git revision, compiler and "
      "build "
      "type. `--help` of every command ends with an example.\n";
  for (const auto& command : line.commands) text += markdown_command(command);
  text += "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n";
  for (const auto& [code, meaning] : exit_meanings) text += fmt::format("| {} | {} |\n", code, meaning);
  text += "\n## Environment\n\n| variable | meaning |\n| --- | --- |\n";
  for (const auto& [name, meaning] : variable_meanings) text += fmt::format("| {} | {} |\n", name, meaning);
  return text;
}

}  // namespace ablate::cli
