#include "ablate/verdict/claims.hpp"

#include "ablate/base/text.hpp"
#include "ablate/verdict/case.hpp"
#include "ablate/verdict/pooled.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace ablate {
namespace {

/// A claim on its way to a verdict.
struct Tried {
  Verdict verdict;
  Case facts;
  double yes = 1, no = 1;  ///< p-values as they count among all the others
  double yes_alpha = 0;    ///< what each p-value by itself is held against
  double no_alpha = 0;
};

/// Why nothing of a case was measured; each reason once.
std::string reasons_of(const Case& facts) {
  std::vector<std::string> reasons;
  for (const auto& leaf : facts.leaves)
    if (!leaf.reason.empty() && std::ranges::find(reasons, leaf.reason) == reasons.end())
      reasons.push_back(leaf.reason);
  return join(reasons, "; ");
}

Tried try_claim(const Claim& claim, const Study& study, const Plan& plan, const Records& records,
                const Contrasts& contrasts) {
  Tried tried;
  tried.verdict.claim = claim;
  tried.verdict.why = claim.untested;
  tried.verdict.absent = true;
  if (!claim.untested.empty()) return tried;
  const auto* planned = planned_section(study, plan, claim.says.section);
  tried.verdict.why = "its section is not part of the run";
  if (!planned) return tried;
  const SectionView view(study, plan, *planned, records);
  tried.facts = make_case(claim.says, Readings(study, view, claim.says.metric), contrasts);
  tried.verdict.why = tried.facts.reason.empty() ? reasons_of(tried.facts) : tried.facts.reason;
  tried.verdict.absent = std::ranges::all_of(tried.facts.leaves, &Leaf::absent);
  tried.verdict.grounds = tried.facts.grounds;
  tried.yes = tried.facts.whole.yes.p;
  tried.no = tried.facts.whole.no.p;
  return tried;
}

bool is_measured(const Tried& tried) {
  return std::ranges::any_of(tried.facts.leaves, [](const Leaf& leaf) { return !leaf.contrasts.empty(); });
}

/// Counts have no chance in them, so they take nothing from the others.
bool is_sampled(const Tried& tried) {
  return std::ranges::any_of(tried.facts.leaves, [](const Leaf& leaf) {
    return std::ranges::any_of(leaf.contrasts, [](const Contrast& contrast) { return !contrast.exact(); });
  });
}

/// What each p-value is held against by Holm's steps: the smallest against α / m, the next against α / (m -
/// 1)...
std::vector<double> steps(const std::vector<double>& p, double alpha) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t index) { return p[index]; });
  std::vector<double> held(p.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank)
    held[order[rank]] = alpha / static_cast<double>(p.size() - rank);
  return held;
}

/// The same statement made twice is one hypothesis.
void correct(std::vector<Tried>& all, double alpha) {
  std::map<Predication, std::size_t> index;
  std::vector<double> yes, no;
  for (auto& tried : all) {
    tried.yes_alpha = tried.no_alpha = alpha;
    if (!is_sampled(tried) || !index.emplace(tried.verdict.claim.says, yes.size()).second) continue;
    yes.push_back(tried.yes);
    no.push_back(tried.no);
  }
  const auto yes_steps = steps(yes, alpha), no_steps = steps(no, alpha);
  const auto corrected_yes = holm(yes), corrected_no = holm(no);
  for (auto& tried : all) {
    const auto found = index.find(tried.verdict.claim.says);
    if (found == index.end() || !is_sampled(tried)) continue;
    tried.yes = corrected_yes[found->second];
    tried.no = corrected_no[found->second];
    tried.yes_alpha = yes_steps[found->second];
    tried.no_alpha = no_steps[found->second];
  }
}

double confidence_of(const Evidence& evidence, double alpha) { return 1 - 2 * alpha / evidence.among; }

std::string number(double value) { return fmt::format("{:.4g}", value); }

/// Why this leaf decides nothing; empty where it does.
std::string doubt(const Leaf& leaf, double confidence) {
  if (leaf.contrasts.empty()) return leaf.reason;
  if (leaf.hidden()) {
    const auto floor = fmt::format("{:.2g} %", 100 * std::expm1(leaf.floor()));
    if (!leaf.disturbed.empty()) return fmt::format("disturbed: {}", leaf.disturbed);
    if (!(leaf.floor() > 0)) return "no difference seen";
    if (leaf.bound == 1) return fmt::format("difference within the noise floor of {}", floor);
    return fmt::format("{} from {} by less than the noise floor of {}", "differs", number(leaf.bound), floor);
  }
  const auto ratio = pooled_ratio(leaf.contrasts, confidence);
  if (ratio.low <= leaf.bound && leaf.bound <= ratio.high)
    return fmt::format("interval includes {}", number(leaf.bound));
  return leaf.missing > 0 ? leaf.reason : std::string();
}

void set_effect(Tried& tried, std::size_t index, double confidence) {
  const auto& leaf = tried.facts.leaves[index];
  tried.verdict.confidence = confidence;
  tried.verdict.effect_of = leaf.what;
  if (!leaf.contrasts.empty()) tried.verdict.effect = pooled_ratio(leaf.contrasts, confidence);
}

/// An undecided claim shows the ratio that leaves it open: the one its p-values hang on, or else the first
/// that is in doubt.
void explain_doubt(Tried& tried, std::size_t claims) {
  const auto& whole = tried.facts.whole;
  const bool rather_no = whole.no.p < whole.yes.p;
  const auto& evidence = rather_no ? whole.no : whole.yes;
  const auto confidence = confidence_of(evidence, rather_no ? tried.no_alpha : tried.yes_alpha);
  std::vector<std::size_t> candidates{evidence.leaf, rather_no ? whole.yes.leaf : whole.no.leaf};
  for (std::size_t i = 0; i < tried.facts.leaves.size(); ++i) candidates.push_back(i);
  for (const auto index : candidates) {
    tried.verdict.why = doubt(tried.facts.leaves[index], confidence);
    if (tried.verdict.why.empty()) continue;
    set_effect(tried, index, confidence);
    return;
  }
  tried.verdict.why = fmt::format("could be chance among {} claims", claims);
  set_effect(tried, evidence.leaf, confidence);
}

void count_points(Tried& tried) {
  for (const auto& point : tried.facts.points) {
    const bool holds = point.yes.p <= tried.yes_alpha, fails = point.no.p <= tried.no_alpha;
    ++(holds ? tried.verdict.holds : fails ? tried.verdict.fails : tried.verdict.open);
  }
}

void decide(Tried& tried, double alpha, std::size_t claims) {
  if (!is_measured(tried)) return;
  count_points(tried);
  const auto& whole = tried.facts.whole;
  auto& verdict = tried.verdict;
  verdict.why.clear();
  verdict.absent = false;
  if (tried.yes <= alpha && tried.yes <= tried.no) {
    verdict.outcome = Outcome::supported;
    set_effect(tried, whole.yes.leaf, confidence_of(whole.yes, tried.yes_alpha));
  } else if (tried.no <= alpha) {
    verdict.outcome = Outcome::refuted;
    set_effect(tried, whole.no.leaf, confidence_of(whole.no, tried.no_alpha));
  } else {
    verdict.outcome = Outcome::undecided;
    explain_doubt(tried, claims);
  }
}

bool is_surprise(const Verdict& verdict) {
  return verdict.claim.expect && *verdict.claim.expect != verdict.outcome;
}

bool not_here(const Verdict& verdict) { return verdict.outcome == Outcome::untested && verdict.absent; }

}  // namespace

std::vector<Verdict> judge(const Study& study, const Plan& plan, const Records& records, double alpha) {
  const Contrasts contrasts(records);
  std::vector<Tried> all;
  for (const auto& claim : study.claims) all.push_back(try_claim(claim, study, plan, records, contrasts));
  correct(all, alpha);
  const auto sampled = static_cast<std::size_t>(std::ranges::count_if(all, is_sampled));
  std::vector<Verdict> verdicts;
  for (auto& tried : all) {
    decide(tried, alpha, sampled);
    verdicts.push_back(std::move(tried.verdict));
  }
  return verdicts;
}

bool expectations_hold(const std::vector<Verdict>& verdicts) {
  return std::ranges::none_of(
      verdicts, [](const Verdict& verdict) { return is_surprise(verdict) && !not_here(verdict); });
}

std::vector<std::string> surprises(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> lines;
  for (const auto& verdict : verdicts) {
    if (!is_surprise(verdict)) continue;
    auto line = fmt::format("{}: {}, expected {}", verdict.claim.id, name(verdict.outcome),
                            name(*verdict.claim.expect));
    if (not_here(verdict)) line += ", which does not count against it";
    lines.push_back(verdict.why.empty() ? line : fmt::format("{} ({})", line, verdict.why));
  }
  return lines;
}

}  // namespace ablate
