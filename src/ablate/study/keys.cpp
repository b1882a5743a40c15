#include "ablate/study/keys.hpp"

namespace ablate {

const std::map<std::string, std::vector<std::string>>& known_keys() {
  static const std::map<std::string, std::vector<std::string>> keys{
      {"study",
       {"$schema", "study", "title", "description", "defaults", "math", "protocols", "variants", "sections",
        "summary", "claims", "selection", "plugins"}},
      {"defaults", {"batch", "channels", "resolution", "form", "device", "dtype", "seed"}},
      {"math", {"tf32"}},
      {"protocol", {"kind", "warmup", "repeat", "cache", "clock", "precision", "confidence", "budget_s"}},
      {"variant", {"block", "options", "at", "group"}},
      {"part", {"block", "options", "out_channels"}},
      {"torchscript", {"torchscript", "hash"}},
      {"aoti", {"aoti", "hash"}},
      {"sequence", {"sequence"}},
      {"residual", {"residual"}},
      {"split", {"split"}},
      {"splitting", {"fraction", "sizes", "parts", "shuffle"}},
      {"parallel", {"parallel", "join"}},
      {"repeat", {"repeat"}},
      {"repetition", {"block", "times"}},
      {"section",
       {"id", "title", "note", "kind", "variants", "axes", "factors", "fraction", "metrics", "protocol",
        "baseline", "table", "sums", "match"}},
      {"match", {"metric", "by", "to", "form", "tolerance", "solved"}},
      {"solved", {"variant", "at", "channels", "ratio"}},
      {"table", {"split", "rows", "columns"}},
      {"sum", {"whole", "parts"}},
      {"summary", {"title", "rankings", "crossovers", "pareto"}},
      {"ranking", {"section", "metric"}},
      {"crossover", {"section", "axis", "metric"}},
      {"pareto", {"section", "metrics"}},
      {"claim",
       {"id", "text", "untested", "section", "metric", "where", "variant", "is", "other", "by", "of", "order",
        "axis", "from", "to", "over", "expect"}},
      {"selection", {"sections", "variants", "devices", "cells", "protocol"}},
  };
  return keys;
}

const std::vector<std::string>& keys_of(const std::string& kind) { return known_keys().at(kind); }

}  // namespace ablate
