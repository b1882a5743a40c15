#pragma once

#include "ablate/base/block_spec.hpp"

#include <filesystem>
#include <vector>

namespace ablate {

/// The blocks of plugins stand beside a run as `blocks.json`, described as the registry has them: so tables
/// are made anew, and runs compared, without the plugin, which may be gone, and without running its code.

/// Writes the file, or none where there are no such blocks. Throws UserError where the disk does not take it.
void write_plugin_blocks(const std::filesystem::path& directory, const std::vector<BlockSpec>& blocks);

/// What the study in `directory` is read with: the blocks beside it, and those of `own` with other names.
/// Throws UserError for a file that is not as it was written.
std::vector<BlockSpec> blocks_of_run(const std::filesystem::path& directory,
                                     const std::vector<BlockSpec>& own);

}  // namespace ablate
