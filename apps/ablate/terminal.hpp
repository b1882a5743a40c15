#pragma once

#include "ablate/report/format.hpp"

#include <cstdio>
#include <string>

namespace ablate::cli {

/// The one place that decides what a stream can show; files that the program writes are UTF-8 whatever it is.

/// Whether LC_ALL, LC_CTYPE or LANG, the first that is set, names UTF-8.
bool has_unicode();

/// Whether a person looks at the stream: a terminal that is not called "dumb".
bool is_terminal(std::FILE* stream);

/// is_terminal, and NO_COLOR is not set (https://no-color.org).
bool has_colour(std::FILE* stream);

/// Columns of the terminal, COLUMNS before what the terminal says; 0 where the stream is none.
std::size_t columns_of(std::FILE* stream);

/// How tables go to stdout: whole where it is no terminal.
TextStyle table_style();

/// Prints text that may hold signs which the terminal has not.
void say(std::FILE* stream, const std::string& text);

}  // namespace ablate::cli
