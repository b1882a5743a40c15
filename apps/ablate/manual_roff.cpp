#include "ablate/base/text.hpp"
#include "manual.hpp"

#include <fmt/format.h>

#include <string_view>

namespace ablate::cli {
namespace {

/// Text as man pages take it: ASCII, no escape or request that is not meant.
std::string roff(std::string_view text) {
  std::string safe;
  for (const char c : in_ascii(text)) {
    const bool begins = safe.empty() || safe.back() == '\n';
    if (begins && (c == '.' || c == '\'')) safe += "\\&";
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else
      safe += c;
  }
  return safe;
}

std::string entry(const std::string& head, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", head, roff(text));
}

std::string explained(const Argument& argument) {
  auto text = argument.help;
  if (!argument.choices.empty()) text += fmt::format(" ({})", join(argument.choices, ", "));
  if (!argument.fallback.empty()) text += fmt::format(" [{}]", argument.fallback);
  return text;
}

std::string roff_argument(const Argument& argument) {
  const bool is_place = !argument.names.front().starts_with("-");
  auto head = fmt::format("\\fB{}\\fR", roff(join(argument.names)));
  if (!argument.is_flag() && !is_place) head += fmt::format(" \\fI{}\\fR", roff(argument.type));
  return entry(head, explained(argument));
}

std::string roff_command(const Command& command) {
  auto text = fmt::format(".SS \"ablate {}\"\n{}.\n", roff(usage(command)), roff(command.help));
  for (const auto& place : command.places) text += roff_argument(place);
  for (const auto& option : command.options)
    if (option.names.back() != "--help") text += roff_argument(option);
  if (!command.example.empty())
    text += fmt::format(".PP\nExample:\n.PP\n.nf\n{}\n.fi\n", roff(command.example));
  return text;
}

}  // namespace

std::string manual_roff(const CommandLine& line, std::string_view version) {
  auto text = fmt::format(".\\\" Made by `ablate man`.\n.TH ABLATE 1 \"\" \"ablate {}\" \"User Commands\"\n",
                          version);
  text += fmt::format(".SH NAME\nablate \\- {}\n", roff("what each part of a network block costs"));
  text += ".SH SYNOPSIS\n\\fBablate\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n";
  text += fmt::format(".SH DESCRIPTION\n{}\n", roff(line.help));
  text += roff(
      "Measures blocks of neural networks on CPU and CUDA, cell by cell or in interleaved rounds, and says "
      "which "
      "claims the numbers support.\n");
  text += ".SH OPTIONS\n";
  for (const auto& option : line.options) text += roff_argument(option);
  text += ".SH COMMANDS\n";
  for (const auto& command : line.commands) text += roff_command(command);
  text += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_meanings) text += entry(std::string(code), meaning);
  text += ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] : variable_meanings) text += entry(std::string(name), meaning);
  return text;
}

}  // namespace ablate::cli
