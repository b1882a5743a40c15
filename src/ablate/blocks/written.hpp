#pragma once

#include "ablate/base/block_expr.hpp"
#include "ablate/blocks/block.hpp"

namespace ablate {

/// Builds a block that a study writes, for `in` channels asked to give `out`, in its train form. Registered
/// parts draw their weights in the order in which they stand; those of files come from the files, which are
/// opened here: TorchScript and AOTInductor files execute what they hold.
///
/// Channels: in a sequence the first part that can change their number gives `out`, the others keep what they
/// get; `out_channels` of a part says otherwise. A part whose options follow its channels keeps them, a split
/// hands each part its share of both, branches share `out` where they are concatenated and give all of it
/// where they are not. Throws UserError naming the part, by its place in the study, that cannot have the
/// channels that are left to it; likewise for a file that cannot be loaded or has changed.
std::shared_ptr<Block> make_written(const BlockExpr& block, std::int64_t in, std::int64_t out);

/// A cell's block: `written`, its channels among `options`, or, where that is null, the registered `name`.
std::shared_ptr<Block> make_block(std::string_view name, const BlockExpr* written, const Options& options,
                                  Form form);

}  // namespace ablate
