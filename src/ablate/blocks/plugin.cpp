#include "ablate/blocks/plugin.hpp"

#include "ablate/base/build_info.hpp"
#include "ablate/base/text.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace ablate {
namespace {

/// Those of the library under way.
std::vector<BlockDeclaration>& announced() {
  static std::vector<BlockDeclaration> declarations;
  return declarations;
}

std::vector<std::string>& plugin_files() {
  static std::vector<std::string> files;
  return files;
}

void require_suitable(const std::string& file) {
  const auto program = plugin_abi(version(), with_cuda());
  const auto notes = plugin_notes(file);
  if (notes.empty())
    throw UserError(file, "registers no block",
                    "a shared library with ABLATE_REGISTER_BLOCK, made for this version of ablate");
  for (const auto& plugin : notes)
    if (!suits(plugin, program))
      throw UserError(file, fmt::format("made for {}", describe(plugin)),
                      fmt::format("a plugin made for {}, as this program is", describe(program)));
}

BlockType declared(BlockDeclaration declaration, const std::string& file) {
  try {
    return declaration();
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    throw UserError(file, fmt::format("its declaration of a block fails ({})", error.what()),
                    "a declaration without errors");
  }
}

}  // namespace

bool announce_block(BlockDeclaration declaration) noexcept {
  announced().push_back(declaration);
  return true;
}

void load_plugin(const std::filesystem::path& path) {
  const auto file = std::filesystem::weakly_canonical(path).string();
  if (std::ranges::find(plugin_files(), file) != plugin_files().end()) return;
  require_suitable(file);
  announced().clear();
  // Every symbol at once: one that is missing should be told now, not in the middle of a run.
  if (!dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL))
    throw UserError(file, fmt::format("cannot be loaded ({})", dlerror()),
                    "a plugin whose libraries and symbols are there: those of ablate::plugin and its own");
  for (const auto& declaration : announced()) register_block(declared(declaration, file), file);
  plugin_files().push_back(file);
}

const std::vector<std::string>& loaded_plugins() { return plugin_files(); }

std::vector<BlockSpec> plugin_specs() {
  std::vector<BlockSpec> specs;
  for (const auto& type : block_types())
    if (!type.origin.empty()) specs.push_back(type.spec);
  return specs;
}

std::string plugin_identities() {
  std::string identities;
  for (const auto& file : plugin_files()) {
    std::ostringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    identities += fmt::format("{}{} {}", identities.empty() ? "" : ", ", file, hex(stable_hash(bytes.str())));
  }
  return identities;
}

}  // namespace ablate
