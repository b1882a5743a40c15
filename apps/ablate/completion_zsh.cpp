#include "ablate/base/text.hpp"
#include "completion.hpp"

#include <fmt/format.h>

#include <string_view>

namespace ablate::cli {
namespace {

/// Between single quotes, in a specification of _arguments, where some characters end a field.
std::string zsh_quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (std::string_view("[]:\\").find(c) != std::string_view::npos) safe += '\\';
    if (c == '\'')
      safe += "'\\''";
    else
      safe += c;
  }
  return safe;
}

std::string zsh_action(const Argument& argument, const CommandLine& line) {
  if (argument.fill == Fill::choice) return fmt::format("({})", join(argument.choices, " "));
  if (argument.fill == Fill::directory) return "_files -/";
  if (argument.fill == Fill::block)
    return fmt::format("{{_alternative \"blocks:block:({})\" \"files:file:_files\"}}",
                       join(line.blocks, " "));
  return argument.fill == Fill::file || argument.type == "TEXT" ? "_files" : " ";
}

std::string zsh_option(const Argument& option, const std::string& name, const CommandLine& line) {
  const auto value = option.is_flag()
                         ? std::string()
                         : fmt::format(":{}:{}", zsh_quoted(option.type), zsh_action(option, line));
  return fmt::format("'{}{}[{}]{}'", option.is_flag() ? "" : "*", name, zsh_quoted(option.help), value);
}

std::string zsh_case(const Command& command, const CommandLine& line) {
  auto text = fmt::format("    {})\n      _arguments", command.name);
  for (const auto& option : command.options)
    for (const auto& name : option.names) text += " \\\n        " + zsh_option(option, name, line);
  std::size_t place = 1;
  for (const auto& argument : command.places)
    text += fmt::format(" \\\n        '{}:{}:{}'", argument.many ? "*" : fmt::format("{}", place++),
                        zsh_quoted(argument.names.front()), zsh_action(argument, line));
  return text + "\n      ;;\n";
}

}  // namespace

std::string zsh_completion(const CommandLine& line) {
  std::string text =
      "#compdef ablate\n# Completion of ablate for zsh; made by `ablate completion zsh`.\n"
      "_ablate() {\n  local curcontext=$curcontext state\n  local -a commands\n  commands=(\n";
  for (const auto& command : line.commands)
    text += fmt::format("    '{}:{}'\n", command.name, zsh_quoted(command.help));
  text += "  )\n  _arguments -C";
  for (const auto& option : line.options)
    for (const auto& name : option.names) text += " \\\n    " + zsh_option(option, name, line);
  text +=
      " \\\n    '1:command:->command' \\\n    '*::argument:->argument'\n"
      "  case $state in\n  command) _describe command commands ;;\n  argument)\n    case $words[1] in\n";
  for (const auto& command : line.commands) text += zsh_case(command, line);
  return text +
         "    esac\n    ;;\n  esac\n}\nif [ \"$funcstack[1]\" = _ablate ]; then _ablate \"$@\"; "
         "else compdef _ablate ablate; fi\n";
}

}  // namespace ablate::cli
