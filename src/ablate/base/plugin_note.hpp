#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// What a plugin was built for. It must be the program's own, or calls between the two would be
/// misunderstood.
struct PluginAbi {
  std::uint32_t interface = 0;  ///< of what crosses the border: `plugin_interface` in blocks/plugin.hpp
  std::uint32_t cxx11_abi = 0;  ///< _GLIBCXX_USE_CXX11_ABI
  std::uint32_t cuda = 0;       ///< 1: built against LibTorch's CUDA part
  char ablate[24] = {};         ///< "0.1.0"
  char libtorch[24] = {};       ///< "2.11.0"
};

/// The plugin's PluginAbi as an ELF note: it is read from the file, before the library is loaded, since
/// loading runs its constructors and binds its C++ symbols.
struct PluginNote {
  std::uint32_t owner_size = 7, size = sizeof(PluginAbi), type = 1;
  char owner[8] = "ablate";
  PluginAbi abi;
};
static_assert(offsetof(PluginNote, abi) == 20, "a note has no room between its parts");

/// The notes of all blocks that `file` registers; empty where it registers none. Nothing of the file runs.
/// Throws UserError for one that cannot be read, or is no shared library.
std::vector<PluginAbi> plugin_notes(const std::filesystem::path& file);

/// "ablate 0.1.0 (interface 89abcdef), LibTorch 2.11.0, C++11 ABI 1, without CUDA".
std::string describe(const PluginAbi& abi);

/// Whether a plugin made for `plugin` can be loaded by a program made for `program`. A program with CUDA
/// takes plugins without.
bool suits(const PluginAbi& plugin, const PluginAbi& program);

}  // namespace ablate
