#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/study/study.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ablate {

/// What a reader is told of the machine: name and value, without those that are unknown.
std::vector<std::pair<std::string, std::string>> environment_facts(const Environment& environment);

/// The protocols of a study's sections, each once: name and description.
std::vector<std::pair<std::string, std::string>> protocol_facts(const Study& study);

}  // namespace ablate
