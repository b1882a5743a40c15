#pragma once

#include "ablate/study/node.hpp"
#include "ablate/study/study.hpp"

namespace ablate {

/// Inside the study room: what is measured.

/// In the order of the file.
std::vector<Variant> read_variants(const Node& study, const std::vector<BlockSpec>& blocks);

/// What a variant measures: a registered block, which must exist, as that of every variant read does; one
/// that the study writes has no options but its channels.
const BlockSpec& block_of(const std::vector<BlockSpec>& blocks, const Variant& variant);

/// Options of a block as a study gives them: values, and the names of the channels that they follow.
struct GivenOptions {
  Options values;
  std::map<std::string, std::string> from;
};
GivenOptions read_options(const Node& options, const BlockSpec& block);

std::vector<std::string> names_of(const std::vector<BlockSpec>& blocks);

}  // namespace ablate
