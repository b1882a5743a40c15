#pragma once

#include "ablate/base/block_spec.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// How a block that a study writes itself is made: of a file, or of registered blocks put together.
enum class Making { named, identity, torchscript, aoti, sequence, residual, split, parallel, repeat };

/// What becomes of the outputs of parts that have the same input.
enum class Join { add, concat, multiply };

inline constexpr std::array<std::string_view, 3> join_names{"add", "concat", "multiply"};
constexpr std::string_view name(Join join) { return join_names[static_cast<std::size_t>(join)]; }

/// A block written in a study: plain values, which `blocks` builds. Channels are inferred from what flows in.
struct BlockExpr {
  Making making = Making::named;
  std::string place;  ///< where it stands: "study.json: /variants/twice/block/sequence/1"; no part of it

  std::string block;                                ///< named: of the registry
  Options options;                                  ///< named: complete, but for the channels
  std::map<std::string, std::string> options_from;  ///< named: option → "in_channels" or "out_channels"
  std::optional<std::int64_t> out_channels;         ///< named: where it is not inferred

  std::string path;  ///< of a file, absolute
  std::string hash;  ///< of a file's content, sixteen hexadecimal digits

  std::vector<BlockExpr> parts;
  std::vector<std::int64_t> sizes;  ///< split: channels of each part; empty: `fraction` says
  std::optional<double> fraction;   ///< split in two: the first part's share; none: equal parts
  bool shuffle = false;             ///< split: of the concatenated channels, as many groups as parts
  Join join = Join::add;            ///< parallel
  std::int64_t times = 1;           ///< repeat
};

/// One line that tells two blocks apart, and is the same wherever the study and its files lie: a file counts
/// by name and content. "sequence(DWBlock{kernel_size=7}, residual(PRCM{}))", "my.pt#0123456789abcdef".
std::string text_of(const BlockExpr& block);

/// What tables may call it: "my.pt" or "sequence of 2"; a registered block's name.
std::string short_name(const BlockExpr& block);

/// Hash of a file's content, as `BlockExpr::hash`; nothing where it cannot be read.
std::optional<std::string> content_hash(const std::filesystem::path& file);

}  // namespace ablate
