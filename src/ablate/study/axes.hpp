#pragma once

#include "ablate/study/node.hpp"
#include "ablate/study/study.hpp"

namespace ablate {

/// Inside the study room: how values of axes and options are read.

/// channels, resolution, batch, form, device, dtype, cache.
const std::vector<std::string>& built_in_axes();

/// Of a number of channels, pixels a side, or inputs a batch: 2^60 elements in all still count in 64 bits.
inline constexpr std::int64_t max_extent = 32768;
/// Of warm-up and timed calls.
inline constexpr std::int64_t max_calls = 1000000;

/// cpu, cuda, or cuda:N.
bool is_device(const std::string& name);

/// A value within what `option` allows; an integer stands for a real.
OptionValue read_option_value(const Node& node, const OptionSpec& option);

/// One value of a built-in axis: a pair here is one value, [in, out] or [height, width].
AxisValue read_built_in_value(const Node& node, const std::string& axis);

/// One value of any axis. `options` are those that the axis sets, one a block, none for a built-in axis; the
/// value must suit them all.
AxisValue read_axis_value(const Node& node, const std::string& axis,
                          const std::vector<const OptionSpec*>& options);

/// One value, or an array of some, none twice.
Axis read_axis(const Node& node, const std::string& axis, const std::vector<const OptionSpec*>& options);

}  // namespace ablate
