#pragma once

#include "ablate/study/node.hpp"
#include "ablate/study/protocols.hpp"
#include "ablate/study/study.hpp"

namespace ablate {

/// Inside the study room: sections, once defaults, protocols and variants are known.

/// What a section may refer to.
struct Known {
  const Study& study;  ///< with defaults and variants
  const Protocols& protocols;
  const std::vector<BlockSpec>& blocks;
  std::optional<Node> protocol;  ///< of the selection
};

std::vector<Section> read_sections(const Node& study, const Known& known);

/// The options that axis `name` sets, one a block of `section`; none for a built-in axis.
std::vector<const OptionSpec*> options_set_by(const std::string& axis, const Section& section,
                                              const Known& known);

/// Every value that a section's dimension takes, those of the variants' pins behind those of the axis.
std::vector<AxisValue> values_of(const Axis& axis, const Section& section, const Study& study);

/// Devices that the section's cells run on.
std::vector<std::string> devices_of(const Section& section, const Study& study);

/// A place among `dimensions` of the section, each with a label that it has there.
Place read_place(const Node& node, const Section& section, const Known& known,
                 const std::vector<std::string>& dimensions);

/// Whether a study or a section may be named so.
bool is_id(const std::string& text);

/// Names of the section's axes, in order.
std::vector<std::string> axes_of(const Section& section);

}  // namespace ablate
