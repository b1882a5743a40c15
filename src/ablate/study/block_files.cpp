#include "ablate/study/block_files.hpp"

#include "ablate/base/block_expr.hpp"
#include "ablate/base/error.hpp"
#include "ablate/study/node.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace ablate {
namespace {

using Json = nlohmann::ordered_json;

struct FilePinner {
  std::string file;  ///< the study's

  /// What is no block, or is wrong, is left to whoever reads it.
  void pin(Json& block, const std::string& pointer) const {
    if (block.is_array())
      for (std::size_t i = 0; i < block.size(); ++i) pin(block[i], pointer + pointer_step(std::to_string(i)));
    if (!block.is_object()) return;
    for (const auto* kind : {"torchscript", "aoti"})
      if (block.contains(kind) && block[kind].is_string()) pin_file(block, kind, pointer);
    for (auto& [key, inner] : block.items()) pin(inner, pointer + pointer_step(key));
  }

  void pin_file(Json& block, const char* kind, const std::string& pointer) const {
    const std::filesystem::path given(block[kind].get<std::string>());
    const auto path =
        std::filesystem::absolute(std::filesystem::path(file).parent_path() / given).lexically_normal();
    if (!block.contains("hash")) {
      const auto hash = content_hash(path);
      if (!hash)
        throw UserError(fmt::format("{}: {}{}", file, pointer, pointer_step(kind)),
                        fmt::format("\"{}\" cannot be read", given.string()),
                        "a file, its path relative to the study's folder");
      block["hash"] = *hash;
    }
    block[kind] = path.string();
  }
};

}  // namespace

void pin_block_files(Json& document, const std::string& file) {
  if (!document.is_object() || !document.contains("variants") || !document["variants"].is_object()) return;
  for (auto& [name, variant] : document["variants"].items())
    if (variant.is_object() && variant.contains("block"))
      FilePinner{file}.pin(variant["block"], "/variants" + pointer_step(name) + "/block");
}

}  // namespace ablate
