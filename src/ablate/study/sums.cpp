#include "ablate/study/sums.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

Sum read_sum(const Node& node, const Section& section) {
  node.allow_only(keys_of("sum"));
  Sum sum;
  sum.whole = node.need("whole", choices("", section.variants)).one_of(section.variants);
  auto others = section.variants;
  std::erase(others, sum.whole);
  for (const auto& part : node.need("parts", "variants of the section").some_items())
    sum.parts.push_back(part.one_of(others));
  return sum;
}

}  // namespace

std::vector<Sum> read_sums(const Node& section_node, const Section& section) {
  std::vector<Sum> sums;
  const auto nodes = section_node.find("sums");
  if (!nodes) return sums;
  const auto adds_up = [](const std::string& name) { return metric_named(name)->comparable; };
  if (std::ranges::none_of(section.metrics, adds_up))
    nodes->refuse(fmt::format("sums of {}", join(section.metrics)),
                  "sums where a count or a latency is shown");
  for (const auto& node : nodes->items()) sums.push_back(read_sum(node, section));
  return sums;
}

}  // namespace ablate
