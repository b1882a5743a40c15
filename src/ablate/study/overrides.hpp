#pragma once

#include "ablate/study/parse.hpp"

#include <nlohmann/json_fwd.hpp>

namespace ablate {

/// Inside the study room: writes what the command line changes into the document, before the parser sees it.
/// `file` is what errors name. Throws UserError for a path whose parent does not exist, listing what does.
void apply(const Overrides& overrides, nlohmann::ordered_json& document, const std::string& file);

}  // namespace ablate
