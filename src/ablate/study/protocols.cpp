#include "ablate/study/protocols.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

template <std::size_t n>
std::vector<std::string> strings(const std::array<std::string_view, n>& names) {
  return {names.begin(), names.end()};
}

double read_between(const Node& node, double least, double most) {
  const auto value = node.number();
  if (!(value >= least && value <= most)) node.refuse(fmt::format("a number from {} to {}", least, most));
  return value;
}

/// A key that belongs to the other kind would be ignored: better to say so.
void refuse_other_keys(const Node& node, Sampling kind) {
  const std::vector<std::string> of_fixed{"warmup", "repeat"},
      of_paired{"clock", "precision", "confidence", "budget_s"};
  for (const auto& key : kind == Sampling::fixed ? of_paired : of_fixed)
    if (const auto found = node.find(key))
      found->refuse(fmt::format("\"{}\" in a protocol of kind {}", key, name(kind)),
                    join(kind == Sampling::fixed ? of_fixed : of_paired) + ", cache");
}

Protocol read_protocol(const std::string& name, const Node& node) {
  node.allow_only(keys_of("protocol"));
  if (!is_line(name)) node.refuse(fmt::format("the name \"{}\"", name), "a name without control characters");
  Protocol protocol{.name = name};
  if (const auto kind = node.find("kind"))
    protocol.kind = kind->one_of(strings(sampling_names)) == "paired" ? Sampling::paired : Sampling::fixed;
  if (const auto cache = node.find("cache"))
    protocol.cache = cache->one_of(strings(cache_names)) == "cold" ? Cache::cold : Cache::hot;
  refuse_other_keys(node, protocol.kind);
  if (protocol.kind == Sampling::fixed) {
    protocol.warmup = node.need("warmup", integer_between(0, max_calls)).integer(0, max_calls);
    protocol.repeat = node.need("repeat", integer_between(1, max_calls)).integer(1, max_calls);
    return protocol;
  }
  if (const auto clock = node.find("clock"))
    protocol.clock = *clock_named(clock->one_of(strings(clock_names)));
  if (const auto given = node.find("precision")) protocol.precision = read_between(*given, 1e-4, 1);
  if (const auto given = node.find("confidence")) protocol.confidence = read_between(*given, 0.5, 0.9999);
  if (const auto given = node.find("budget_s")) protocol.budget_s = read_between(*given, 0.01, 86400);
  return protocol;
}

const Protocol& chosen(const Node& node, const Protocols& known) {
  std::vector<std::string> names;
  for (const auto& [name, protocol] : known) names.push_back(name);
  return known.at(node.one_of(names));
}

}  // namespace

Protocols read_protocols(const Node& study) {
  Protocols protocols;
  if (const auto given = study.find("protocols"))
    for (const auto& [name, node] : given->members()) protocols.emplace(name, read_protocol(name, node));
  return protocols;
}

Protocols read_chosen_protocols(const Node& node, const Protocols& known,
                                const std::vector<std::string>& devices) {
  Protocols given, by_device;
  if (!node.is_string())
    for (const auto& [device, protocol] : node.members()) {
      if (!is_device(device)) protocol.refuse(fmt::format("device \"{}\"", device), "cpu, cuda, or cuda:N");
      given.emplace(device, chosen(protocol, known));
    }
  for (const auto& device : devices) {
    if (node.is_string()) {
      by_device.emplace(device, chosen(node, known));
      continue;
    }
    auto found = given.find(device);
    if (found == given.end()) found = given.find(split(device, ':').front());
    if (found == given.end())
      node.refuse(fmt::format("no protocol for device {}", device),
                  "the name of a protocol, or one for each device of the section");
    by_device.emplace(device, found->second);
  }
  return by_device;
}

}  // namespace ablate
