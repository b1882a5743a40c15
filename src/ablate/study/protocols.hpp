#pragma once

#include "ablate/study/node.hpp"
#include "ablate/study/study.hpp"

namespace ablate {

/// Inside the study room: how latency is sampled.

using Protocols = std::map<std::string, Protocol>;

/// By name.
Protocols read_protocols(const Node& study);

/// The protocol of each of `devices`: a name means all of them, "cuda" also means cuda:N.
Protocols read_chosen_protocols(const Node& node, const Protocols& known,
                                const std::vector<std::string>& devices);

}  // namespace ablate
