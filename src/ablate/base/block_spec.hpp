#pragma once

#include "ablate/base/terms.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ablate {

/// The plain description of a block: `blocks` fills it in from the modules' own declarations, `study` checks
/// against it without knowing torch, `ablate list blocks` prints it.

enum class OptionType { boolean, integer, real, choice };
enum class Parity { any, odd, even };

/// In the order of OptionType. A choice is one of the names that its OptionSpec lists.
using OptionValue = std::variant<bool, std::int64_t, double, std::string>;

/// Values by option name, complete (see `complete`) or in part.
using Options = std::map<std::string, OptionValue, std::less<>>;

/// What an option may be. Ranges include `minimum`, and `maximum` unless it is excluded.
struct OptionRange {
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool maximum_excluded = false;
  Parity parity = Parity::any;
};

struct OptionSpec {
  std::string name;
  OptionType type = OptionType::integer;
  std::optional<OptionValue> fallback;  ///< none: the option must be given
  OptionRange range;
  std::string help;                       ///< one line
  std::vector<std::string> choices = {};  ///< of a choice
  /// Whether the option takes a part of the block away. Where it stands at its default the block is whole,
  /// and complete options do not mention it: so a block may be given such an option later without a change of
  /// its cells' ids, of their seeds, or of the records and counts that are kept.
  bool removes = false;

  bool allows(const OptionValue& value) const;
  /// "an odd integer, at least 1", for errors and lists.
  std::string allowed() const;
};

struct BlockSpec {
  std::string name;
  std::string help;                 ///< one line
  std::vector<OptionSpec> options;  ///< in the order of their declaration
  std::vector<Form> forms;          ///< those with a layout of their own; `train` is always first

  /// Null where the block has no option of that name.
  const OptionSpec* find(std::string_view option) const;
};

/// Whether the shape of a cell, and not its variant, decides this option: `in_channels`, `out_channels` and
/// `channels`.
bool follows_channels(std::string_view option);

/// "7", "0.5", "true", "affine".
std::string text_of(const OptionValue& value);
/// "kernel_size=7 num_basis=8".
std::string text_of(const Options& options);

/// `given` with the fallbacks filled in, and without the options that remove nothing. Throws UserError, its
/// place starting with `where`, for an option that the block does not have, one that is missing, and a value
/// outside its range. An integer stands for a real.
Options complete(const BlockSpec& block, const Options& given, std::string_view where);

}  // namespace ablate
