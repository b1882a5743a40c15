#pragma once

#include "ablate/blocks/registry.hpp"
#include "ablate/blocks/written.hpp"
#include "ablate/study/parse.hpp"

#include <fmt/format.h>

#include <string>

namespace ablate::testing {

/// A block as a study writes it, JSON. Files are relative to `folder`.
inline BlockExpr written(const std::string& block, const std::string& folder = "") {
  const auto text = fmt::format(R"({{"study": "s", "variants": {{"mine": {{"block": {}}}}},
    "sections": [{{"id": "all", "metrics": ["params"]}}]}})",
                                block);
  const auto file = (std::filesystem::path(folder) / "study.json").string();
  return *parse_study_text(text, file, block_specs()).study.variant("mine").written;
}

/// In evaluation mode.
inline std::shared_ptr<Block> make_from(const std::string& block, std::int64_t in, std::int64_t out,
                                        const std::string& folder = "") {
  torch::manual_seed(3);
  auto made = make_written(written(block, folder), in, out);
  made->module().eval();
  return made;
}

/// The message of the UserError that `call` throws.
template <typename Call>
std::string user_error_of(const Call& call) {
  try {
    call();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace ablate::testing
