#pragma once

#include "ablate/verdict/fraction.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ablate {

/// An option that a factorial varies.
struct Factor {
  std::string name;
  std::vector<std::string> levels;  ///< the reference first
};

/// Which cells a factorial has. A full one has every combination of levels, half a fraction those of them
/// with an even number of factors off their reference (Box, Hunter and Hunter, Statistics for Experimenters,
/// chapter 6: I = ± the product of all factors).
struct Design {
  std::vector<Factor> factors;
  std::vector<std::vector<std::size_t>> points;  ///< the level of each factor; all references come first
  bool half = false;
};

/// Every point of these factors, the last one running fastest.
Design design_of(std::vector<Factor> factors, bool half);

struct Term {
  std::size_t factor = 0, level = 0;  ///< indices; the level is not the reference
  auto operator<=>(const Term&) const = default;
};

/// A main effect (one term) or interaction (several) as a contrast of a design's points. The main effect of a
/// level is the mean, over all combinations of the other factors, of the cell with that level less the cell
/// with the reference. The interaction of two levels is the mean, over the combinations of the rest, of the
/// difference of differences against both references; and so on with more terms.
struct Effect {
  std::vector<Term> terms;
  /// Half a fraction: the factors of the effect that this one cannot be told apart from. What is shown is
  /// both together.
  std::vector<std::size_t> alias;
  std::vector<int> signs;  ///< of each point: -1, 0 or 1
  std::int64_t over = 1;   ///< what their sum is divided by
};

/// All effects of up to `order` factors, main effects first. Of two that half a fraction cannot tell apart
/// the first is listed.
std::vector<Effect> effects_of(const Design& design, std::size_t order = 2);

/// The effect on `values`, one a point.
Fraction effect_on(const Effect& effect, std::span<const std::int64_t> values);
double effect_on(const Effect& effect, std::span<const double> values);

/// What the cells of a full factorial would be were there no effects but these: their grand mean, and for
/// each effect its size times the product, over its terms, of (1 at the term's level, else 0) - 1 / levels.
/// With effects of every order these are `values` again.
std::vector<Fraction> rebuild(const Design& design, const std::vector<Effect>& effects,
                              std::span<const std::int64_t> values);

/// "recalibration none × shuffle false".
std::string name_of(const Effect& effect, const Design& design);

/// "pointwise × identity"; empty for an effect that stands alone.
std::string alias_of(const Effect& effect, const Design& design);

}  // namespace ablate
