#pragma once

#include "ablate/verdict/contrast.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// A cell that a verdict rests on.
struct Grounds {
  std::string cell;   ///< id
  std::string label;  ///< "STMBlock cpu 64"
};

/// What the records say of one claim; docs/claims.md tells how it is reached.
struct Verdict {
  Claim claim;
  Outcome outcome = Outcome::untested;
  std::string why;                 ///< why it is undecided or untested; empty otherwise
  std::optional<Estimate> effect;  ///< ratio on which the verdict hangs, at `confidence`; none where untested
  std::string effect_of;           ///< "STMBlock / DWBlock at cpu 64"
  double confidence = 0;           ///< counts all the other claims
  std::vector<Grounds> grounds;
  std::size_t holds = 0, fails = 0, open = 0;  ///< points
  bool absent = false;  ///< untested since nothing of it was asked for or could be measured here
};

/// The chance of calling any claim supported that is not true, over all of a study's claims; the same for
/// refuted.
inline constexpr double claims_alpha = 0.05;

/// One verdict a claim, in their order.
std::vector<Verdict> judge(const Study& study, const Plan& plan, const Records& records,
                           double alpha = claims_alpha);

/// Whether every claim that expects a verdict got it. One that was not tested because its cells could not be
/// measured here, or were not asked for, is not held against it.
bool expectations_hold(const std::vector<Verdict>& verdicts);

/// A line for each claim that came out otherwise than expected: "faster: refuted, expected supported (…)";
/// those that were not tested here are among them, and said to be.
std::vector<std::string> surprises(const std::vector<Verdict>& verdicts);

}  // namespace ablate
