#pragma once

namespace ablate {

/// Inside the measure room: writes more than the last level of the caches holds, by every thread that
/// LibTorch uses, since each core has caches of its own. For one caller at a time.
void overwrite_caches();

}  // namespace ablate
