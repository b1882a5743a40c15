#include "ablate/base/text.hpp"
#include "completion.hpp"

#include <fmt/format.h>

#include <string_view>

namespace ablate::cli {
namespace {

std::string fish_quoted(std::string_view text) {
  std::string safe = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe + "'";
}

/// What is listed for an argument, and whether files may stand there as well.
std::string fish_list(const Argument& argument, const CommandLine& line) {
  if (argument.fill == Fill::choice) return fish_quoted(join(argument.choices, " "));
  if (argument.fill == Fill::directory) return "'(__fish_complete_directories)'";
  return argument.fill == Fill::block ? fish_quoted(join(line.blocks, " ")) : std::string();
}

bool takes_files(const Argument& argument) {
  return argument.fill == Fill::block || argument.fill == Fill::file ||
         (argument.fill == Fill::text && argument.type == "TEXT");
}

std::string fish_values(const Argument& argument, const CommandLine& line) {
  const auto list = fish_list(argument, line);
  return (takes_files(argument) ? " -F" : "") + (list.empty() ? "" : " -a " + list);
}

std::string fish_option(const Argument& option, const std::string& condition, const CommandLine& line) {
  std::string names;
  for (const auto& name : option.names)
    names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  // -r: a value follows; -x: and it is no file.
  if (!option.is_flag()) names += (takes_files(option) ? " -r" : " -x") + fish_values(option, line);
  return fmt::format("complete -c ablate -n {}{} -d {}\n", condition, names, fish_quoted(option.help));
}

}  // namespace

std::string fish_completion(const CommandLine& line) {
  std::string text =
      "# Completion of ablate for fish; made by `ablate completion fish`.\ncomplete -c ablate -f\n";
  for (const auto& option : line.options) text += fish_option(option, "__fish_use_subcommand", line);
  for (const auto& command : line.commands) {
    text += fmt::format("complete -c ablate -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        fish_quoted(command.help));
    const auto condition = fish_quoted("__fish_seen_subcommand_from " + command.name);
    for (const auto& option : command.options) text += fish_option(option, condition, line);
    for (const auto& place : command.places)
      if (const auto values = fish_values(place, line); !values.empty())
        text += fmt::format("complete -c ablate -n {}{}\n", condition, values);
  }
  return text;
}

}  // namespace ablate::cli
