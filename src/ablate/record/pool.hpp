#pragma once

#include "ablate/record/record.hpp"

#include <vector>

namespace ablate {

/// One record of a cell that several processes measured, `processes` being theirs, at least one: the samples
/// of all of them, one process after another, with the ends of each. A clock that one of them lacks is left
/// out. Failed where one of them failed.
Record pool_processes(const std::vector<Record>& processes);

}  // namespace ablate
