#pragma once

#include "ablate/base/block_expr.hpp"
#include "ablate/base/block_spec.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ablate {

/// A study: which variants are measured where, and how the result is laid out. Valid by construction: `parse`
/// is the only door in, `plan` turns it into cells.

/// Channels into and out of a block; one number in a study file means both.
struct Channels {
  std::int64_t in = 64, out = 64;
  auto operator<=>(const Channels&) const = default;
};

/// Height and width in pixels; one number in a study file means both.
struct Resolution {
  std::int64_t height = 64, width = 64;
  auto operator<=>(const Resolution&) const = default;
};

/// How samples are taken: a fixed number of calls, cell by cell, or rounds in which all cells of a group take
/// turns, until the ratios between them are known well enough.
enum class Sampling { fixed, paired };

/// Whether a timed call finds its input in the cache (the call before it was the same), or nothing of its
/// own.
enum class Cache { hot, cold };

inline constexpr std::array<std::string_view, 2> sampling_names{"fixed", "paired"};
inline constexpr std::array<std::string_view, 2> cache_names{"hot", "cold"};
constexpr std::string_view name(Sampling kind) { return sampling_names[static_cast<std::size_t>(kind)]; }
constexpr std::string_view name(Cache cache) { return cache_names[static_cast<std::size_t>(cache)]; }

/// How latency is sampled.
struct Protocol {
  std::string name;
  std::int64_t warmup = 0;  ///< fixed: calls that are thrown away
  std::int64_t repeat = 1;  ///< fixed: calls that are timed one by one
  Sampling kind = Sampling::fixed;
  Cache cache = Cache::hot;
  Clock clock = Clock::device;  ///< paired: which clock decides when it is precise enough
  double precision = 0.01;      ///< paired: half the width of the interval that ends sampling, as a fraction
  double confidence = 0.95;     ///< paired: of that interval
  double budget_s = 10;         ///< paired: seconds after which a group ends all the same
  auto operator<=>(const Protocol&) const = default;
};

/// "20 warm-up and 100 timed calls".
std::string describe(const Protocol& protocol);

/// An axis holds values of one kind, in the order of the study file. `option` axes are named after the
/// option.
using AxisValue = std::variant<Channels, Resolution, Form, Dtype, OptionValue, std::string>;

struct Axis {
  std::string name;  ///< channels, resolution, batch, form, device, dtype, cache or a block option
  std::vector<AxisValue> values;
};

/// "64", "24→48", "64×64", "deploy": as tables show it.
std::string label(const std::string& axis, const AxisValue& value);

/// A block with its options, under the name that tables show. An axis of a section goes before `options`;
/// `at` goes before both: it pins axes for this variant alone, which then do not vary for it.
struct Variant {
  std::string name;
  std::string group;                                ///< heading under which tables put it; may be empty
  std::string block;                                ///< a registered name, or `text_of` what the study writes
  std::shared_ptr<const BlockExpr> written;         ///< null: a registered block
  Options options;                                  ///< as given, channels not among them
  std::map<std::string, std::string> options_from;  ///< option → "in_channels" or "out_channels" of the cell
  std::vector<Axis> at;                             ///< one value each
};

/// A place in a section by labels: dimension → label; dimensions not named are those of the cell at hand.
using Place = std::map<std::string, std::string>;

/// What tables show of a cell; `metrics()` lists them all.
struct Metric {
  std::string name;         ///< as studies name it: "latency.median"
  std::string title;        ///< as tables head it: "median"
  std::string unit;         ///< "s", "bytes" or empty for counts
  std::string help;         ///< one line
  bool comparable = false;  ///< gets a `vs baseline` column
  bool timed = false;       ///< asks for latency to be measured
};

const std::vector<Metric>& metrics();
const Metric* metric_named(const std::string& name);

/// Every dimension of the section with more than one label stands in one place, and so does "metric". "part"
/// and "trait" are rows within a cell: the direct children of its block, the properties of its structure.
struct Layout {
  std::vector<std::string> split;  ///< one table for each label of these dimensions
  std::vector<std::string> rows;   ///< dimensions down the side
  std::vector<std::string>
      columns;  ///< dimensions across; "metric" innermost unless the study says otherwise
};

/// Variants of a section of which one is made of others: what its parts cost together, and what they leave
/// open.
struct Sum {
  std::string whole;
  std::vector<std::string> parts;  ///< one that is used twice stands twice
};

/// What a factorial section varies: some of its axes, each an option of the blocks. Their cells are compared
/// with each other as effects and interactions, once for each variant and point of the other axes.
struct Factorial {
  std::vector<std::string> factors;  ///< names of axes with two levels or more; the first is the reference
  bool half = false;  ///< only the points at which an even number of factors is off its reference level
};

/// The width that a variant has at one point of a matched section, and what that gives.
struct MatchedWidth {
  std::string variant;
  Place at;  ///< labels of the axes that it depends on
  std::int64_t channels = 0;
  double ratio = 1;  ///< of the metric, to that of the variant matched
};

/// A section whose variants are as wide as makes them cost what one of them costs, at each point.
struct Match {
  std::string metric;        ///< params, macs or bytes
  std::string to;            ///< the variant whose width is that of the axis
  Form form = Form::deploy;  ///< in which all are counted, whatever the cell's own
  double tolerance = 0.1;    ///< how far from 1 a ratio may be
  std::vector<MatchedWidth> solved;
};

struct Section {
  std::string id, title, note;
  std::vector<std::string> variants;
  std::vector<Axis> axes;
  std::vector<std::string> metrics;
  std::map<std::string, Protocol> protocols;  ///< device → protocol
  std::optional<Place> baseline;
  Layout table;
  std::vector<Sum> sums;
  std::optional<Factorial> factorial;  ///< none: a plain sweep
  std::optional<Match> match;          ///< none: every variant has the axis's channels
};

/// What the summary says of the sections; all of it is read off the records.
struct Ranking {
  std::string section, metric;
};
struct Crossover {
  std::string section, axis, metric;
};
/// Which variants no other beats on all of these metrics at once.
struct Pareto {
  std::string section;
  std::vector<std::string> metrics;
};
struct Summary {
  std::string title;
  std::vector<Ranking> rankings;
  std::vector<Crossover> crossovers;
  std::vector<Pareto> fronts;
};

/// What a claim says of a variant at a point; `within` and those before it compare it with one other,
/// `rising`, `falling` and `crosses` look along an axis.
enum class Predicate { below, above, within, lowest, highest, between, rank, rising, falling, crosses };

/// At how many of the points it says so. `median` speaks of the median of the points' log ratios.
enum class Quantifier { all, some, most, median };

enum class Outcome { supported, refuted, undecided, untested };

inline constexpr std::array<std::string_view, 10> predicate_names{
    "below", "above", "within", "lowest", "highest", "between", "rank", "rising", "falling", "crosses"};
inline constexpr std::array<std::string_view, 4> quantifier_names{"all", "some", "most", "median"};
inline constexpr std::array<std::string_view, 4> outcome_names{"supported", "refuted", "undecided",
                                                               "untested"};
constexpr std::string_view name(Predicate is) { return predicate_names[static_cast<std::size_t>(is)]; }
constexpr std::string_view name(Quantifier over) { return quantifier_names[static_cast<std::size_t>(over)]; }
constexpr std::string_view name(Outcome outcome) { return outcome_names[static_cast<std::size_t>(outcome)]; }

/// What can be true or false of a section's cells.
struct Predication {
  std::string section, metric;
  Place where;    ///< narrows the points looked at; may be empty
  Place subject;  ///< "variant", and what else the claim fixes of it; empty for `rank`
  Predicate is = Predicate::below;
  Place other;                     ///< of below, above, within and crosses
  double by = 1;                   ///< of below and above: at least so many times
  double of = 0;                   ///< of within: at most this fraction apart
  std::vector<std::string> order;  ///< of rank: variants, lowest first
  std::string axis;                ///< of rising, falling and crosses
  std::string from, to;            ///< of crosses: labels of the axis between which the order changes
  Quantifier over = Quantifier::all;
  auto operator<=>(const Predication&) const = default;
};

/// A statement somebody made, as something that measuring can support or refute.
struct Claim {
  std::string id, text;
  std::string untested;  ///< why nothing here can speak to it; then it predicates nothing
  Predication says;
  std::optional<Outcome> expect;  ///< what the study's author counts on
};

/// Narrows a study to part of itself; an empty list selects all.
struct Selection {
  std::vector<std::string> sections, variants, devices;
  std::vector<std::string> protocols{};  ///< "NAME", or "DEVICE=NAME": in place of the sections' own
  std::vector<std::string> cells{};      ///< ids
};

struct Study {
  std::string id, title;
  std::map<std::string, AxisValue> defaults;  ///< a value for every built-in axis
  std::uint64_t seed = 0;
  bool tf32 = false;
  std::vector<Variant> variants;
  std::vector<Section> sections;
  std::optional<Summary> summary;
  std::vector<Claim> claims;
  Selection selection;
  std::string file;  ///< that it was read from, as errors name it

  const Variant& variant(const std::string& name) const;
  const Section& section(const std::string& id) const;
};

}  // namespace ablate
