#pragma once

#include "ablate/study/sections.hpp"

namespace ablate {

/// Inside the study room: how the summary and the claims refer to what sections measure.

/// The key "section".
const Section& read_section_of(const Node& node, const Known& known);

/// The key "metric": a number that every cell of the section has, counts always, times where the section
/// times.
std::string read_metric(const Node& node, const Section& section);

/// Those of them by which one cell can be held against another; less is better.
std::vector<std::string> comparable_metrics(const Section& section);

/// The key "axis": numbers in their order, several of them, so that something can rise, fall or cross along
/// it.
std::string read_ordered_axis(const Node& node, const Section& section, const Known& known);

/// The labels of one axis of the section, in their order.
std::vector<std::string> labels_of(const std::string& axis, const Section& section, const Known& known);

}  // namespace ablate
