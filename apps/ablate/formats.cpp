#include "formats.hpp"

#include "section_printer.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ablate::cli {

void add_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "What to print: text, md, json, csv or latex")
      ->check(CLI::IsMember({"text", "md", "json", "csv", "latex"}))
      ->capture_default_str();
}

void print_as(const std::string& format, const Study& study, const Environment& environment,
              const std::vector<Table>& tables) {
  if (format == "md") fmt::print("{}", to_markdown(study, environment, tables));
  if (format == "json") fmt::print("{}", to_json(study, environment, tables));
  if (format == "csv") fmt::print("{}", to_csv(tables));
  if (format == "latex") fmt::print("{}", to_latex(tables));
  if (format == "text") print_tables(tables);
}

}  // namespace ablate::cli
