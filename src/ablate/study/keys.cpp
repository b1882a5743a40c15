#include "ablate/study/keys.hpp"

namespace ablate {

const std::map<std::string, std::vector<std::string>>& known_keys() {
  static const std::map<std::string, std::vector<std::string>> keys{
      {"study",
       {"$schema", "study", "title", "description", "defaults", "math", "protocols", "variants", "sections",
        "summary", "selection"}},
      {"defaults", {"batch", "channels", "resolution", "form", "device", "dtype", "seed"}},
      {"math", {"tf32"}},
      {"protocol", {"warmup", "repeat"}},
      {"variant", {"block", "options", "at", "group"}},
      {"section",
       {"id", "title", "note", "kind", "variants", "axes", "factors", "fraction", "metrics", "protocol",
        "baseline", "table"}},
      {"table", {"split", "rows", "columns"}},
      {"summary", {"title", "rankings", "crossovers", "findings"}},
      {"ranking", {"section", "metric"}},
      {"crossover", {"section", "axis", "metric"}},
      {"finding", {"text", "section", "metric", "variant", "is", "other", "where", "untested"}},
      {"selection", {"sections", "variants", "devices"}},
  };
  return keys;
}

const std::vector<std::string>& keys_of(const std::string& kind) { return known_keys().at(kind); }

}  // namespace ablate
