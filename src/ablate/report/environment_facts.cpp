#include "ablate/report/environment_facts.hpp"

#include <fmt/format.h>

#include <set>

namespace ablate {

std::vector<std::pair<std::string, std::string>> environment_facts(const Environment& environment) {
  const auto count = [](int number) { return number > 0 ? fmt::format("{}", number) : std::string(); };
  const auto on = [](bool set) { return std::string(set ? "on" : "off"); };
  std::vector<std::pair<std::string, std::string>> facts{{"CPU", environment.cpu},
                                                         {"cores", count(environment.cores)},
                                                         {"threads", count(environment.threads)},
                                                         {"governor", environment.governor},
                                                         {"GPU", environment.gpu},
                                                         {"driver", environment.driver},
                                                         {"CUDA", environment.cuda},
                                                         {"cuDNN", environment.cudnn},
                                                         {"TF32", on(environment.tf32)},
                                                         {"host memory", environment.allocator},
                                                         {"LibTorch", environment.libtorch},
                                                         {"compiler", environment.compiler},
                                                         {"build", environment.build_type},
                                                         {"flags", environment.flags},
                                                         {"revision", environment.revision},
                                                         {"system", environment.os},
                                                         {"began", environment.time}};
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return facts;
}

std::vector<std::pair<std::string, std::string>> protocol_facts(const Study& study) {
  std::set<Protocol> protocols;
  for (const auto& section : study.sections)
    for (const auto& [device, protocol] : section.protocols) protocols.insert(protocol);
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& protocol : protocols) facts.emplace_back(protocol.name, describe(protocol));
  return facts;
}

}  // namespace ablate
