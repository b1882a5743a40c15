#pragma once

#include <string>
#include <vector>

namespace ablate::cli {

/// Rows of text in columns that line up, two spaces apart; the first row is the header.
std::string in_columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace ablate::cli
