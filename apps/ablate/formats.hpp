#pragma once

#include "ablate/report/format.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace ablate::cli {

/// `--format`: text unless given.
void add_format(CLI::App& command, std::string& format);

/// The tables on stdout, as `format` says. Of the study its id and title are printed, and its protocols.
void print_as(const std::string& format, const Study& study, const Environment& environment,
              const std::vector<Table>& tables);

}  // namespace ablate::cli
