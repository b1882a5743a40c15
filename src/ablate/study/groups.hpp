#pragma once

#include "ablate/study/plan.hpp"

namespace ablate {

/// Inside the study room: what the paired protocol measures in the same rounds. Cells that are fed the same
/// (device, dtype, batch, channels in, resolution), and cells that some section compares at one point: all of
/// its variants there, and its baseline. Each cell with a paired protocol stands in one group.
std::vector<Group> groups_of(const Study& study, const Plan& plan);

}  // namespace ablate
