#include "cli_tree.hpp"

#include "ablate/base/text.hpp"
#include "ablate/blocks/registry.hpp"

#include <fmt/format.h>

namespace ablate::cli {
namespace {

/// "TEXT:{text,json}" has its choices in braces.
std::vector<std::string> choices_in(const std::string& type) {
  const auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  return split(type.substr(open + 1, close - open - 1), ',');
}

/// Without what validators say of it, which differs between versions of CLI11.
std::string plain_type(const std::string& type) { return type.substr(0, type.find_first_of(":[ ")); }

Fill fill_of(const Argument& argument) {
  if (!argument.choices.empty()) return Fill::choice;
  if (argument.type == "FILE") return Fill::file;
  if (argument.type == "DIR") return Fill::directory;
  if (argument.type == "BLOCK") return Fill::block;
  return Fill::text;
}

Argument read_argument(const CLI::Option& option) {
  Argument argument;
  if (option.nonpositional()) {
    for (const auto& name : option.get_snames()) argument.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) argument.names.push_back("--" + name);
  } else {
    argument.names.push_back(option.get_name(true));
  }
  argument.help = option.get_description();
  argument.required = option.get_required();
  if (option.get_items_expected_max() == 0) return argument;
  argument.type = plain_type(option.get_type_name());
  if (argument.type.empty()) argument.type = "VALUE";
  argument.choices = choices_in(option.get_type_name());
  argument.fallback = option.get_default_str();
  argument.many = option.get_items_expected_max() > 1;
  argument.fill = fill_of(argument);
  return argument;
}

void read_arguments(const CLI::App& app, std::vector<Argument>& options, std::vector<Argument>& places) {
  for (const auto* option : app.get_options())
    if (!option->get_group().empty())
      (option->nonpositional() ? options : places).push_back(read_argument(*option));
}

std::string example_in(const std::string& footer) {
  const std::string mark = "Example:\n";
  const auto at = footer.find(mark);
  std::string example;
  if (at == std::string::npos) return example;
  for (const auto& line : split(footer.substr(at + mark.size()), '\n')) {
    if (line.empty()) break;
    example +=
        (example.empty() ? "" : "\n") + line.substr(std::min(line.size(), line.find_first_not_of(' ')));
  }
  return example;
}

}  // namespace

CommandLine read_tree(const CLI::App& app) {
  CommandLine line;
  line.help = app.get_description();
  std::vector<Argument> none;
  read_arguments(app, line.options, none);
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    Command read{command->get_name(), command->get_description(), example_in(command->get_footer()), {}, {}};
    read_arguments(*command, read.options, read.places);
    line.commands.push_back(std::move(read));
  }
  for (const auto& block : block_specs()) line.blocks.push_back(block.name);
  return line;
}

std::string usage(const Command& command) {
  std::string text = command.name;
  for (const auto& place : command.places) {
    const auto name = place.names.front() + (place.many ? "..." : "");
    text += place.required ? " " + name : fmt::format(" [{}]", name);
  }
  return text + " [OPTIONS]";
}

std::vector<std::string> names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return names;
}

}  // namespace ablate::cli
