#pragma once

#include <map>
#include <string>
#include <vector>

namespace ablate {

/// Inside the study room: the keys that each kind of object in a study file may have, in one place, so that
/// the parser and docs/study.schema.json can be held against each other. Kinds are named as the schema's
/// `$defs`; the root is "study". Objects whose keys are the user's (variants, protocols) or a block's
/// (options) are not here.
const std::map<std::string, std::vector<std::string>>& known_keys();

/// Of one kind; the kind must exist.
const std::vector<std::string>& keys_of(const std::string& kind);

}  // namespace ablate
