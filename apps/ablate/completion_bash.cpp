#include "ablate/base/text.hpp"
#include "completion.hpp"

#include <fmt/format.h>

namespace ablate::cli {
namespace {

/// What stands before the commands: which command this is, and which word is completed.
constexpr auto bash_head = R"(# Completion of ablate for bash; made by `ablate completion bash`.
_ablate() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  # --out=DIR comes as three words.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  local command='' word i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
    COMMANDS) command=$word; break ;;
    esac
  done
  local options='' values='' kind=''
  case $command in
)";

constexpr auto bash_tail = R"(  esac
  COMPREPLY=()
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    return
  fi
  local before=''
  if [[ $kind == list && $cur == *,* ]]; then before=${cur%,*},; cur=${cur##*,}; fi
  if [[ -n $values ]]; then mapfile -t COMPREPLY < <(compgen -P "$before" -W "$values" -- "$cur"); fi
  if [[ $kind == file ]]; then
    compopt -o filenames 2> /dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
  elif [[ $kind == directory ]]; then
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$cur")
  fi
}
complete -F _ablate ablate
)";

/// Sets what completes one argument. A text may be anything; files are as good a guess as any.
std::string filling(const Argument& argument, const CommandLine& line) {
  switch (argument.fill) {
    case Fill::choice:
      return fmt::format("values='{}' kind=list", join(argument.choices, " "));
    case Fill::directory:
      return "kind=directory";
    case Fill::block:
      return fmt::format("values='{}' kind=file", join(line.blocks, " "));
    case Fill::file:
    case Fill::text:
      break;
  }
  return argument.fill == Fill::file || argument.type == "TEXT" ? "kind=file" : "kind=none";
}

std::string case_of(const Command& command, const CommandLine& line) {
  std::string text = fmt::format("  {})\n    case $prev in\n", command.name);
  std::vector<std::string> options;
  for (const auto& option : command.options) {
    options.insert(options.end(), option.names.begin(), option.names.end());
    if (!option.is_flag())
      text += fmt::format("    {}) {} ;;\n", join(option.names, " | "), filling(option, line));
  }
  const auto places =
      command.places.empty() ? std::string("kind=none") : filling(command.places.front(), line);
  return text + fmt::format("    *) options='{}' {} ;;\n    esac\n    ;;\n", join(options, " "), places);
}

}  // namespace

std::string bash_completion(const CommandLine& line) {
  std::string text = bash_head;
  const std::string mark = "COMMANDS";
  text.replace(text.find(mark), mark.size(), join(names_of(line.commands), " | "));
  for (const auto& command : line.commands) text += case_of(command, line);
  std::vector<std::string> options;
  for (const auto& option : line.options)
    options.insert(options.end(), option.names.begin(), option.names.end());
  text += fmt::format("  *) options='{}' values='{}' ;;\n", join(options, " "),
                      join(names_of(line.commands), " "));
  return text + bash_tail;
}

}  // namespace ablate::cli
