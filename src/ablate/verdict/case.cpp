#include "ablate/verdict/case.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// Builds the tests of one claim, point by point.
class CaseMaker {
 public:
  CaseMaker(const Predication& says, const Readings& readings, const Contrasts& contrasts)
      : says_(says), readings_(readings), contrasts_(contrasts) {
    auto fixed = says.where;
    if (says.is == Predicate::rank)
      fixed.emplace("variant", says.order.front());
    else
      fixed.insert(says.subject.begin(), says.subject.end());
    if (says.is == Predicate::crosses) fixed.emplace(says.axis, says.from);
    places_ = readings.places(fixed);
    if (says.is == Predicate::rising || says.is == Predicate::falling) keep_one_of_each_lane();
    dimensions_ = varying(readings.view().section(), places_);
  }

  Case make() {
    for (const auto& place : places_)
      if (!is_itself(place)) case_.points.push_back(test_at(place));
    if (case_.points.empty()) {
      case_.reason = "its cells are not part of the run";
      return std::move(case_);
    }
    const auto count = case_.points.size();
    switch (says_.over) {
      case Quantifier::all:
        case_.whole = all_of(case_.points);
        break;
      case Quantifier::some:
        case_.whole = any_of(case_.points);
        break;
      case Quantifier::most:
        case_.whole = at_least(count / 2 + 1, case_.points);
        break;
      case Quantifier::median:
        case_.whole = median();
        break;
    }
    return std::move(case_);
  }

 private:
  void keep_one_of_each_lane() {
    const auto& labels = readings_.view().labels(says_.axis);
    std::erase_if(places_, [&](const Place& place) { return place.at(says_.axis) != labels.front(); });
    for (auto& place : places_) place.erase(says_.axis);
  }

  /// With `other` naming a form, the subject in that form is no point.
  bool is_itself(const Place& place) const { return !says_.other.empty() && includes(place, says_.other); }

  Test test_at(const Place& place) {
    using enum Predicate;
    switch (says_.is) {
      case below:
        return below_at(place, says_.other, 1 / says_.by);
      case above:
        return above_at(place, says_.other, says_.by);
      case within:
        return within_at(place);
      case lowest:
        return all_of(against_rivals(place, false));
      case highest:
        return all_of(against_rivals(place, true));
      case between:
        return all_of({any_of(against_rivals(place, false)), any_of(against_rivals(place, true))});
      case rank:
        return rank_at(place);
      case rising:
        return along(place, true);
      case falling:
        return along(place, false);
      case crosses:
        break;
    }
    return crosses_at(place);
  }

  Test below_at(const Place& place, const Place& other, double bound) {
    const auto index = add_leaf(place, other, bound);
    return is_below(case_.leaves[index], index);
  }

  Test above_at(const Place& place, const Place& other, double bound) {
    const auto index = add_leaf(place, other, bound);
    return is_above(case_.leaves[index], index);
  }

  Test within_at(const Place& place) {
    return all_of(
        {below_at(place, says_.other, 1 + says_.of), above_at(place, says_.other, 1 / (1 + says_.of))});
  }

  std::vector<Test> against_rivals(const Place& place, bool above) {
    std::vector<Test> tests;
    for (const auto& rival : readings_.view().section().variants) {
      if (rival == place.at("variant")) continue;
      const Place other{{"variant", rival}};
      tests.push_back(above ? above_at(place, other, 1) : below_at(place, other, 1));
    }
    return tests;
  }

  Test rank_at(const Place& place) {
    std::vector<Test> tests;
    auto here = place;
    for (std::size_t i = 1; i < says_.order.size(); ++i) {
      here["variant"] = says_.order[i - 1];
      tests.push_back(below_at(here, {{"variant", says_.order[i]}}, 1));
    }
    return all_of(tests);
  }

  Test along(const Place& place, bool rising) {
    std::vector<Test> tests;
    const auto& labels = readings_.view().labels(says_.axis);
    for (std::size_t i = 1; i < labels.size(); ++i) {
      auto here = place;
      here[says_.axis] = labels[i];
      const Place before{{says_.axis, labels[i - 1]}};
      tests.push_back(rising ? above_at(here, before, 1) : below_at(here, before, 1));
    }
    if (tests.empty()) tests.push_back(nothing_at(place));
    return all_of(tests);
  }

  Test nothing_at(const Place& place) {
    Leaf leaf;
    leaf.what = place.at("variant");
    leaf.missing = 1;
    leaf.reason = fmt::format("one value of {} only", says_.axis);
    case_.leaves.push_back(std::move(leaf));
    return {{1, case_.leaves.size() - 1}, {1, case_.leaves.size() - 1}};
  }

  Test crosses_at(const Place& place) {
    auto there = place;
    there[says_.axis] = says_.to;
    const auto first = add_leaf(place, says_.other, 1), last = add_leaf(there, says_.other, 1);
    const auto &at_first = case_.leaves[first], &at_last = case_.leaves[last];
    return any_of({all_of({is_below(at_first, first), is_above(at_last, last)}),
                   all_of({is_above(at_first, first), is_below(at_last, last)})});
  }

  std::string point_name(const Place& place) const {
    const auto point = name_of(place, dimensions_);
    return point.empty() ? std::string() : " at " + point;
  }

  void add_grounds(const CellReading& reading) {
    if (!reading.record) return;
    const auto& id = reading.record->cell.id;
    if (std::ranges::find(case_.grounds, id, &Grounds::cell) != case_.grounds.end()) return;
    std::vector<std::string> labels{reading.place.at("variant")};
    for (const auto& axis : readings_.view().section().axes)
      if (const auto found = reading.place.find(axis.name); found != reading.place.end())
        labels.push_back(found->second);
    case_.grounds.push_back({id, join(labels, " ")});
  }

  std::size_t add_leaf(const Place& place, const Place& other, double bound) {
    const auto a = readings_.at(place, {}), b = readings_.at(place, other);
    Leaf leaf;
    leaf.bound = bound;
    leaf.what = name_of_pair(a.place, b.place) + point_name(place);
    for (const auto* reading : {&a, &b}) {
      if (!reading->missing.empty()) {
        if (leaf.reason.empty()) leaf.reason = reading->missing;
        leaf.absent = leaf.absent && reading->absent;
        continue;
      }
      add_grounds(*reading);
      if (leaf.disturbed.empty()) leaf.disturbed = join(reading->record->disturbed);
    }
    if (leaf.reason.empty())
      if (auto contrast = contrasts_.between(*a.record, *b.record, readings_.metric()))
        leaf.contrasts.push_back(std::move(*contrast));
    if (leaf.contrasts.empty()) leaf.missing = 1;
    if (leaf.contrasts.empty() && leaf.reason.empty()) {
      leaf.reason = "no ratio: one of the cells takes no time on this clock";
      leaf.absent = false;
    }
    case_.leaves.push_back(std::move(leaf));
    return case_.leaves.size() - 1;
  }

  /// One leaf for all points: what each of them adds to the median.
  std::size_t pool(double bound) {
    Leaf pooled;
    pooled.bound = bound;
    pooled.what = fmt::format("median of {} points", case_.points.size());
    for (const auto& leaf : case_.leaves) {
      if (leaf.bound != bound) continue;
      pooled.contrasts.insert(pooled.contrasts.end(), leaf.contrasts.begin(), leaf.contrasts.end());
      pooled.missing += leaf.missing;
      if (pooled.reason.empty()) pooled.reason = leaf.reason;
      if (pooled.disturbed.empty()) pooled.disturbed = leaf.disturbed;
      pooled.absent = pooled.absent && leaf.absent;
    }
    case_.leaves.push_back(std::move(pooled));
    return case_.leaves.size() - 1;
  }

  Test median() {
    if (says_.is == Predicate::within) {
      const auto upper = pool(1 + says_.of), lower = pool(1 / (1 + says_.of));
      return all_of({is_below(case_.leaves[upper], upper), is_above(case_.leaves[lower], lower)});
    }
    const bool above = says_.is == Predicate::above;
    const auto index = pool(above ? says_.by : 1 / says_.by);
    return above ? is_above(case_.leaves[index], index) : is_below(case_.leaves[index], index);
  }

  const Predication& says_;
  const Readings& readings_;
  const Contrasts& contrasts_;
  std::vector<Place> places_;
  std::vector<std::string> dimensions_;
  Case case_;
};

}  // namespace

Case make_case(const Predication& says, const Readings& readings, const Contrasts& contrasts) {
  return CaseMaker(says, readings, contrasts).make();
}

}  // namespace ablate
