#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace ablate::cli {

/// The command line as plain data, read off CLI11's own tree: what completion and the manual are made from,
/// so that neither can say what the program does not do.

/// What stands in an argument's place, as far as a shell can fill it in.
enum class Fill { text, file, directory, block, choice };

struct Argument {
  std::vector<std::string> names;  ///< "--out"; one without dashes for what goes by its place
  std::string type;                ///< "DIR"; empty for a flag
  std::vector<std::string> choices;
  std::string fallback, help;
  Fill fill = Fill::text;
  bool required = false, many = false;

  bool is_flag() const { return type.empty(); }
};

struct Command {
  std::string name, help;
  std::string example;  ///< what stands behind "Example:", a line each
  std::vector<Argument> options, places;
};

struct CommandLine {
  std::string help;
  std::vector<Argument> options;  ///< of the program itself
  std::vector<Command> commands;
  std::vector<std::string> blocks;  ///< what fills a Fill::block
};

CommandLine read_tree(const CLI::App& app);

/// "study [OPTIONS]", "blocks… ": how a command is called, behind its name.
std::string usage(const Command& command);

/// Names of the commands.
std::vector<std::string> names_of(const std::vector<Command>& commands);

}  // namespace ablate::cli
