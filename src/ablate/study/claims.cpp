#include "ablate/study/claims.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/keys.hpp"
#include "ablate/study/references.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ablate {
namespace {

using Names = std::vector<std::string>;

/// Keys that some predicates have and others do not.
const std::map<Predicate, Names>& keys_by_predicate() {
  using enum Predicate;
  static const std::map<Predicate, Names> keys{{below, {"variant", "other", "by"}},
                                               {above, {"variant", "other", "by"}},
                                               {within, {"variant", "other", "of"}},
                                               {lowest, {"variant"}},
                                               {highest, {"variant"}},
                                               {between, {"variant"}},
                                               {rank, {"order"}},
                                               {rising, {"variant", "axis"}},
                                               {falling, {"variant", "axis"}},
                                               {crosses, {"variant", "other", "axis", "from", "to"}}};
  return keys;
}

bool takes(Predicate is, const std::string& key) {
  return std::ranges::find(keys_by_predicate().at(is), key) != keys_by_predicate().at(is).end();
}

/// The value that has this name; `names` are in the order of the enumeration.
template <typename Enumeration, std::size_t count>
Enumeration read_name(const Node& node, const std::array<std::string_view, count>& names) {
  const auto word = node.one_of({names.begin(), names.end()});
  return static_cast<Enumeration>(std::ranges::find(names, word) - names.begin());
}

void refuse_strange_keys(const Node& node, Predicate is) {
  for (const auto* key : {"variant", "other", "by", "of", "order", "axis", "from", "to"}) {
    const auto value = node.find(key);
    if (!value || takes(is, key)) continue;
    Names users;
    for (const auto& [predicate, keys] : keys_by_predicate())
      if (takes(predicate, key)) users.emplace_back(name(predicate));
    value->refuse(fmt::format("\"{}\" beside \"{}\"", key, name(is)),
                  fmt::format("\"{}\" with {}", key, join(users)));
  }
}

/// Along the axis of the claim all labels are looked at, so that no place may name it.
Names places_in(const Section& section, const std::string& axis) {
  auto dimensions = axes_of(section);
  std::erase(dimensions, axis);
  return dimensions;
}

/// A variant by its name, or a place that names it and more.
Place read_cells(const Node& node, const Section& section, const Known& known, const Names& axes) {
  if (node.is_string()) return {{"variant", node.one_of(section.variants)}};
  auto dimensions = axes;
  dimensions.insert(dimensions.begin(), "variant");
  auto place = read_place(node, section, known, dimensions);
  if (place.empty()) node.refuse("a variant, or an object with at least one of " + join(dimensions));
  return place;
}

void read_subject(const Node& node, const Section& section, const Known& known, Predication& says) {
  const auto axes = places_in(section, says.axis);
  if (const auto where = node.find("where")) says.where = read_place(*where, section, known, axes);
  if (!takes(says.is, "variant")) return;
  const auto subject = node.need("variant", choices("", section.variants));
  says.subject = read_cells(subject, section, known, axes);
  if (!says.subject.contains("variant")) subject.need("variant", choices("", section.variants));
  for (const auto& [dimension, label] : says.subject)
    if (says.where.contains(dimension))
      subject.refuse(fmt::format("\"{}\" here and in where", dimension), "each dimension in one of them");
}

/// Dimensions that `other` does not name are those of the cell at hand, so it must name one that differs.
void read_other(const Node& node, const Section& section, const Known& known, Predication& says) {
  if (!takes(says.is, "other")) return;
  const auto other = node.need("other", choices("", section.variants));
  says.other = read_cells(other, section, known, places_in(section, says.axis));
  auto fixed = says.where;
  fixed.insert(says.subject.begin(), says.subject.end());
  const auto is_same = [&](const auto& entry) {
    const auto found = fixed.find(entry.first);
    return found != fixed.end() && found->second == entry.second;
  };
  if (std::ranges::all_of(says.other, is_same))
    other.refuse("what the claim speaks of, compared with itself", "another variant, or another place of it");
}

void read_bounds(const Node& node, Predication& says) {
  if (const auto by = node.find("by")) {
    says.by = by->number();
    if (!(says.by > 1) || !std::isfinite(says.by)) by->refuse("a number above 1");
  }
  if (!takes(says.is, "of")) return;
  const auto of = node.need("of", "a fraction, above 0 and below 1");
  says.of = of.number();
  if (!(says.of > 0 && says.of < 1)) of.refuse("a fraction, above 0 and below 1");
}

std::string read_label(const Node& node, const Section& section, const Known& known,
                       const Predication& says) {
  const auto labels = labels_of(says.axis, section, known);
  const auto options = options_set_by(says.axis, section, known);
  auto chosen = label(says.axis, read_axis_value(node, says.axis, options));
  if (std::ranges::find(labels, chosen) == labels.end()) node.refuse(choices(chosen, labels));
  return chosen;
}

void read_crossing(const Node& node, const Section& section, const Known& known, Predication& says) {
  if (!takes(says.is, "from")) return;
  const auto labels = labels_of(says.axis, section, known);
  const auto from = node.find("from"), to = node.find("to");
  says.from = from ? read_label(*from, section, known, says) : labels.front();
  says.to = to ? read_label(*to, section, known, says) : labels.back();
  if (std::ranges::find(labels, says.from) >= std::ranges::find(labels, says.to))
    (to ? *to : *from)
        .refuse(fmt::format("from {} to {}", says.from, says.to), "two labels in the order of the axis");
}

std::string read_compared_metric(const Node& node, const Section& section) {
  const auto names = comparable_metrics(section);
  return node.need("metric", choices("", names)).one_of(names);
}

void refuse_lone_variant(const Node& is, Predicate predicate, const Section& section) {
  using enum Predicate;
  const bool among_others = predicate == lowest || predicate == highest || predicate == between;
  if (among_others && section.variants.size() < (predicate == between ? 3 : 2))
    is.refuse(fmt::format("\"{}\" in section {}", name(predicate), section.id),
              "a section with as many variants as it takes");
}

Predication read_predication(const Node& node, const Known& known) {
  Predication says;
  const auto& section = read_section_of(node, known);
  says.section = section.id;
  says.metric = read_compared_metric(node, section);
  const auto is = node.need("is", join(Names(predicate_names.begin(), predicate_names.end())));
  says.is = read_name<Predicate>(is, predicate_names);
  refuse_lone_variant(is, says.is, section);
  refuse_strange_keys(node, says.is);
  if (takes(says.is, "axis")) says.axis = read_ordered_axis(node, section, known);
  read_subject(node, section, known, says);
  read_other(node, section, known, says);
  read_bounds(node, says);
  read_crossing(node, section, known, says);
  if (takes(says.is, "order")) {
    const auto order = node.need("order", "variants, lowest first");
    says.order = order.some_of(section.variants);
    if (says.order.size() < 2) order.refuse("at least two variants, lowest first");
  }
  if (const auto over = node.find("over")) {
    says.over = read_name<Quantifier>(*over, quantifier_names);
    if (says.over == Quantifier::median && says.is > Predicate::within)
      over->refuse("all, some or most: a median is taken of one ratio at each point");
  }
  return says;
}

void refuse_beside_untested(const Node& node) {
  for (const auto& [key, value] : node.members())
    if (key != "id" && key != "text" && key != "untested")
      value.refuse(fmt::format("\"{}\" in a claim that is not tested", key), "id, text and untested only");
}

Claim read_claim(const Node& node, const std::vector<Claim>& before, const Known& known) {
  node.allow_only(keys_of("claim"));
  Claim claim;
  constexpr auto allowed = "an id of small letters, digits, _ and -, each once";
  const auto id = node.need("id", allowed);
  claim.id = id.text();
  if (!is_id(claim.id)) id.refuse(allowed);
  if (std::ranges::find(before, claim.id, &Claim::id) != before.end())
    id.refuse(fmt::format("\"{}\" a second time", claim.id), allowed);
  claim.text = node.need("text", "the statement").text();
  if (const auto untested = node.find("untested")) {
    refuse_beside_untested(node);
    claim.untested = untested->text();
    return claim;
  }
  claim.says = read_predication(node, known);
  if (const auto expect = node.find("expect")) {
    constexpr std::array verdicts{outcome_names[0], outcome_names[1], outcome_names[2]};
    claim.expect = read_name<Outcome>(*expect, verdicts);
  }
  return claim;
}

}  // namespace

std::vector<Claim> read_claims(const Node& study, const Known& known) {
  std::vector<Claim> claims;
  if (const auto nodes = study.find("claims"))
    for (const auto& node : nodes->items()) claims.push_back(read_claim(node, claims, known));
  return claims;
}

}  // namespace ablate
