#include "ablate/study/study.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

struct Labelled {
  std::string operator()(const Channels& value) const {
    return value.in == value.out ? fmt::format("{}", value.in) : fmt::format("{}→{}", value.in, value.out);
  }
  std::string operator()(const Resolution& value) const {
    return fmt::format("{}×{}", value.height, value.width);
  }
  std::string operator()(Form value) const { return std::string(name(value)); }
  std::string operator()(Dtype value) const { return std::string(name(value)); }
  std::string operator()(const OptionValue& value) const { return text_of(value); }
  std::string operator()(const std::string& value) const { return value; }
};

std::vector<Metric> make_metrics() {
  constexpr bool comparable = true, plain = false, timed = true;
  return {
      {"params", "params", "", "elements of all parameters", comparable},
      {"buffers", "buffers", "", "elements of all buffers", comparable},
      {"macs", "MACs", "", "multiplications of one forward call", comparable},
      {"bytes", "bytes", "bytes", "least traffic of one forward call", comparable},
      {"width", "width", "", "channels that the block gives"},
      {"traits", "traits", "", "properties of the structure that are not numbers"},
      {"latency", "latency", "s", "mean ± population standard deviation of a call", comparable, timed},
      {"latency.mean", "mean", "s", "mean time of a call", comparable, timed},
      {"latency.std", "std", "s", "population standard deviation of a call", plain, timed},
      {"latency.median", "median", "s", "median time of a call", comparable, timed},
      {"latency.min", "min", "s", "shortest call", plain, timed},
      {"latency.p05", "p05", "s", "5th percentile of the calls", plain, timed},
      {"latency.p95", "p95", "s", "95th percentile of the calls", plain, timed},
      {"latency.device", "device", "s", "median on the device's clock: calls queued before the first begins",
       comparable, timed},
      {"latency.graph", "graph", "s", "median of a call replayed in a CUDA graph", comparable, timed},
      {"latency.launch", "launching", "s", "median of what queuing a call costs the calling thread",
       comparable, timed},
      {"latency.launch_ratio", "host / device", "", "host over device latency; well above 1: launch-bound",
       plain, timed},
      {"page_faults", "page faults", "", "page faults a call, on the host", plain, timed},
      {"memory.weights", "weights", "bytes", "parameters and buffers on the device", comparable, timed},
      {"memory.activations", "activations", "bytes",
       "most that a call holds besides weights and input: outputs, intermediates, workspaces", comparable,
       timed},
      {"throughput.flops", "FLOP/s", "flop/s", "2 x MACs over the device's latency", plain, timed},
      {"throughput.bytes", "bytes/s", "byte/s", "least traffic over the device's latency", plain, timed},
      {"roofline", "of roofline", "%",
       "latency that this machine's measured peak and bandwidth allow, over the device's latency", plain,
       timed},
      {"error", "error", "", "largest difference from the train form's output, over its largest element",
       plain, timed},
  };
}

}  // namespace

std::string describe(const Protocol& protocol) {
  auto text = protocol.kind == Sampling::fixed
                  ? fmt::format("{} warm-up and {} timed calls", protocol.warmup, protocol.repeat)
                  : fmt::format("paired rounds until ±{:g} % at {:g} %, {:g} s at most",
                                protocol.precision * 100, protocol.confidence * 100, protocol.budget_s);
  return protocol.cache == Cache::cold ? text + ", cold cache" : text;
}

std::string label(const std::string& /*axis*/, const AxisValue& value) {
  return std::visit(Labelled{}, value);
}

const std::vector<Metric>& metrics() {
  static const auto all = make_metrics();
  return all;
}

const Metric* metric_named(const std::string& name) {
  const auto found = std::ranges::find(metrics(), name, &Metric::name);
  return found == metrics().end() ? nullptr : &*found;
}

const Variant& Study::variant(const std::string& name) const {
  const auto found = std::ranges::find(variants, name, &Variant::name);
  if (found != variants.end()) return *found;
  std::vector<std::string> names;
  for (const auto& variant : variants) names.push_back(variant.name);
  throw UserError("variant", fmt::format("\"{}\"", name), choices(name, names));
}

const Section& Study::section(const std::string& id) const {
  const auto found = std::ranges::find(sections, id, &Section::id);
  if (found != sections.end()) return *found;
  std::vector<std::string> ids;
  for (const auto& section : sections) ids.push_back(section.id);
  throw UserError("section", fmt::format("\"{}\"", id), choices(id, ids));
}

}  // namespace ablate
