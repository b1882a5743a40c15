#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace ablate {

/// Inside the study room: a study file as JSON, before anything is known of studies.

/// The whole text of `file`. Throws UserError for one that is missing, a directory or unreadable.
std::string read_text(const std::filesystem::path& file);

/// JSON, in which // and /* comments */ may stand. A key may stand only once in its object, since the second
/// would silently win or lose. Throws UserError naming `where`, with line and column, or the pointer of the
/// doubled key.
nlohmann::ordered_json parse_document(const std::string& text, const std::string& where);

/// JSON by two spaces; what holds no object and fits a line stays on one. Ends with a newline.
std::string print_document(const nlohmann::ordered_json& document);

/// `value` as JSON, cut after 60 characters.
std::string shortened(const nlohmann::ordered_json& value);

}  // namespace ablate
