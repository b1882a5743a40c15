#pragma once

#include "cli_tree.hpp"

#include <array>
#include <string>
#include <utility>

namespace ablate::cli {

/// The manual, for man(1) and for docs/cli.md.
std::string manual_roff(const CommandLine& line, std::string_view version);
std::string manual_markdown(const CommandLine& line);

/// What both say besides the commands.
using Meaning = std::pair<std::string_view, std::string_view>;

inline constexpr std::array<Meaning, 6> exit_meanings{
    {{"0", "all well"},
     {"1", "a check did not hold: counts drifted, forms differ, a claim came out otherwise, a run is slower"},
     {"2", "the input is wrong; the message names the place, the value and what is allowed"},
     {"3", "some cells failed, the others were measured"},
     {"70", "a fault of the program's own"},
     {"130", "interrupted; `ablate run --resume DIR` goes on"}}};

inline constexpr std::array<Meaning, 4> variable_meanings{
    {{"NO_COLOR", "no colours in the progress bar, if it is set and not empty"},
     {"TERM", "`dumb`: no progress bar"},
     {"COLUMNS", "how wide tables on a terminal may be; without it the terminal is asked"},
     {"LC_ALL, LC_CTYPE, LANG",
      "the first that is set decides: with UTF-8 in its name signs such as ± are printed, otherwise they are "
      "spelled in ASCII; files are always UTF-8"}}};

}  // namespace ablate::cli
