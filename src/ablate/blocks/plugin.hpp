#pragma once

#include "ablate/base/plugin_note.hpp"
#include "ablate/blocks/declare.hpp"

#include <torch/version.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Blocks from shared libraries of the user's. A plugin includes this header, says ABLATE_REGISTER_BLOCK once
/// a block, and links ablate::plugin, which is headers and LibTorch: what it uses of ablate is the program's
/// own, so that there is one registry, and one of each class, in the process. docs/plugins.md tells how to
/// write one.

namespace ablate {

/// Raised where an interface changes without a change of the sizes below: the order of virtual functions,
/// what an option means.
inline constexpr std::uint32_t plugin_revision = 1;

/// Tells apart what a plugin and a program lay out differently: the revision, and the sizes of what they
/// share.
constexpr std::uint32_t plugin_interface() {
  std::uint32_t sum = plugin_revision;
  for (const auto size : {sizeof(Block), sizeof(BlockType), sizeof(BlockSpec), sizeof(OptionSpec),
                          sizeof(OptionValue), sizeof(OptionRange), sizeof(Traits), sizeof(Outputs),
                          sizeof(UserError), form_names.size(), dtype_names.size()})
    sum = (sum ^ static_cast<std::uint32_t>(size)) * 16777619U;  // FNV-1a
  return sum;
}

/// What the code that is compiled here fits. `version` is ablate's.
constexpr PluginAbi plugin_abi(std::string_view version, bool cuda) {
  PluginAbi abi;
  abi.interface = plugin_interface();
  abi.cxx11_abi = _GLIBCXX_USE_CXX11_ABI;
  abi.cuda = cuda ? 1 : 0;
  version.copy(abi.ablate, sizeof abi.ablate - 1);
  std::string_view(TORCH_VERSION).copy(abi.libtorch, sizeof abi.libtorch - 1);
  return abi;
}

/// Loads the library and registers its blocks; one that is loaded already is left alone. Throws UserError,
/// naming the file, for one that is no plugin, was made for another ablate or LibTorch (with both versions),
/// lacks symbols, or brings a name that is taken.
void load_plugin(const std::filesystem::path& file);

/// Absolute paths, in the order of loading.
const std::vector<std::string>& loaded_plugins();

/// The blocks that they brought.
std::vector<BlockSpec> plugin_specs();

/// "/home/me/libmine.so 89abcdef01234567": each library and the hash of its bytes, which measurements depend
/// on.
std::string plugin_identities();

/// What a block of a plugin is made from. It is called when the library has been loaded.
using BlockDeclaration = BlockType (*)();

/// For ABLATE_REGISTER_BLOCK. Returns true.
bool announce_block(BlockDeclaration declaration) noexcept;

}  // namespace ablate

/// Registers a block of a plugin; takes a Declaration, as in
/// `ABLATE_REGISTER_BLOCK(ablate::Declaration<MyBlockImpl, MyOptions>("MyBlock", "what it is", MyOptions(64,
/// 64))…)`.
#define ABLATE_REGISTER_BLOCK(...) ABLATE_REGISTER_BLOCK_NUMBERED(__COUNTER__, __VA_ARGS__)
#define ABLATE_REGISTER_BLOCK_NUMBERED(number, ...) ABLATE_REGISTER_BLOCK_NAMED(number, __VA_ARGS__)
#define ABLATE_REGISTER_BLOCK_NAMED(number, ...)                                 \
  namespace {                                                                    \
  [[gnu::section(".note.ablate"), gnu::used,                                     \
    gnu::aligned(4)]] constexpr ablate::PluginNote ablate_note_##number{         \
      .abi = ablate::plugin_abi(ABLATE_PLUGIN_VERSION, ABLATE_PLUGIN_CUDA)};     \
  [[maybe_unused]] const bool ablate_announced_##number =                        \
      ablate::announce_block([]() -> ablate::BlockType { return __VA_ARGS__; }); \
  }
