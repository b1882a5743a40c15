#include "ablate/record/environment.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <type_traits>

namespace ablate {
namespace {

using nlohmann::ordered_json;

/// The one list of fields: what is written, read, hashed and compared cannot drift apart. `time` is left to
/// the callers, since it tells no environment from another.
template <typename Visitor>
void for_each_field(Visitor&& visit) {
  visit("cpu", &Environment::cpu);
  visit("cores", &Environment::cores);
  visit("threads", &Environment::threads);
  visit("governor", &Environment::governor);
  visit("gpu", &Environment::gpu);
  visit("driver", &Environment::driver);
  visit("cuda", &Environment::cuda);
  visit("cudnn", &Environment::cudnn);
  visit("allocator", &Environment::allocator);
  visit("affinity", &Environment::affinity);
  visit("plugins", &Environment::plugins);
  visit("libtorch", &Environment::libtorch);
  visit("compiler", &Environment::compiler);
  visit("build_type", &Environment::build_type);
  visit("flags", &Environment::flags);
  visit("revision", &Environment::revision);
  visit("os", &Environment::os);
  visit("tf32", &Environment::tf32);
  visit("cudnn_benchmark", &Environment::cudnn_benchmark);
  visit("deterministic", &Environment::deterministic);
}

ordered_json fields_of(const Environment& environment) {
  auto json = ordered_json::object();
  for_each_field([&](const char* name, auto member) { json[name] = environment.*member; });
  if (environment.plugins.empty()) json.erase("plugins");  // hashes as they were before there were any
  return json;
}

std::string text_of(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

bool fits(const ordered_json& json, const std::string&) { return json.is_string(); }
bool fits(const ordered_json& json, int) { return json.is_number_integer(); }
bool fits(const ordered_json& json, bool) { return json.is_boolean(); }

std::string kind(const std::string&) { return "a string"; }
std::string kind(int) { return "an integer"; }
std::string kind(bool) { return "true or false"; }

/// A field that is absent keeps its value, "unknown": older files lack what was learnt to be asked later.
template <typename Value>
void read_field(const ordered_json& json, const char* name, const std::string& where, Value& value) {
  const auto found = json.find(name);
  if (found == json.end()) return;
  if (!fits(*found, value))
    throw UserError(fmt::format("{}: /{}", where, name), text_of(*found), kind(value));
  value = found->template get<Value>();
}

/// What was measured of the machine; older files lack it.
void read_machine(const ordered_json& json, Environment& environment) {
  const auto clock = json.value("clock", ordered_json::object());
  environment.clock_resolution_s = clock.value("resolution_s", 0.0);
  environment.clock_overhead_s = clock.value("overhead_s", 0.0);
  const auto peaks = json.value("peaks", ordered_json::object());
  for (const auto& [device, peak] : peaks.items())
    environment.peaks[device] = {peak.value("copy_byte_per_s", 0.0), peak.value("fma_flop_per_s", 0.0)};
}

std::string shown(const std::string& value) { return value.empty() ? "unknown" : value; }
std::string shown(int value) { return fmt::format("{}", value); }
std::string shown(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string to_json(const Environment& environment) {
  auto json = ordered_json{{"hash", hash(environment)}, {"time", environment.time}};
  json.update(fields_of(environment));
  json["clock"] = {{"resolution_s", environment.clock_resolution_s},
                   {"overhead_s", environment.clock_overhead_s}};
  auto& peaks = json["peaks"] = ordered_json::object();
  for (const auto& [device, peak] : environment.peaks)
    peaks[device] = {{"copy_byte_per_s", peak.copy_byte_per_s}, {"fma_flop_per_s", peak.fma_flop_per_s}};
  return text_of(json);
}

Environment environment_from_json(const std::string& text, const std::string& where) {
  const auto json = ordered_json::parse(text, nullptr, false);
  if (!json.is_object()) throw UserError(where, "no JSON object", "the environment of a run");
  Environment environment;
  for_each_field([&](const char* name, auto member) { read_field(json, name, where, environment.*member); });
  read_field(json, "time", where, environment.time);
  read_machine(json, environment);
  return environment;
}

std::string hash(const Environment& environment) {
  return hex(
      stable_hash(fields_of(environment).dump(-1, ' ', false, ordered_json::error_handler_t::replace)));
}

std::vector<std::string> differences(const Environment& now, const Environment& then) {
  std::vector<std::string> differing;
  for_each_field([&](const char* name, auto member) {
    if (now.*member != then.*member)
      differing.push_back(fmt::format("{}: {}, was {}", name, shown(now.*member), shown(then.*member)));
  });
  return differing;
}

}  // namespace ablate
