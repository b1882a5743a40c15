#include "ablate/base/plugin_note.hpp"

#include "ablate/base/error.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace ablate {
namespace {

constexpr auto plugin_wanted = "a shared library that registers a block with ABLATE_REGISTER_BLOCK";

std::string bytes_of(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw UserError(file.string(), "there is no such file", plugin_wanted);
  if (std::filesystem::is_directory(file, error))
    throw UserError(file.string(), "is a directory", plugin_wanted);
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream bytes;
  if (stream) bytes << stream.rdbuf();
  if (!stream)
    throw UserError(file.string(), fmt::format("cannot be read ({})", std::strerror(errno)), plugin_wanted);
  return bytes.str();
}

/// The value at `offset`; nothing where the bytes end before.
template <typename Value>
std::optional<Value> value_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Value)) return std::nullopt;
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view part_of(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  return offset > bytes.size() ? std::string_view() : bytes.substr(offset, size);
}

/// Of one PT_NOTE segment, whose parts are padded to `alignment`.
void read_notes(std::string_view segment, std::uint64_t alignment, std::vector<PluginAbi>& found) {
  const auto padded = [&](std::uint64_t size) { return (size + alignment - 1) / alignment * alignment; };
  for (std::uint64_t at = 0; const auto note = value_at<Elf64_Nhdr>(segment, at);) {
    const auto owner = at + sizeof(Elf64_Nhdr);
    const auto content = owner + padded(note->n_namesz);
    const PluginNote wanted;
    if (part_of(segment, owner, note->n_namesz) == std::string_view(wanted.owner, wanted.owner_size) &&
        note->n_type == wanted.type && note->n_descsz == wanted.size)
      if (const auto abi = value_at<PluginAbi>(segment, content)) found.push_back(*abi);
    at = content + padded(note->n_descsz);
  }
}

template <std::size_t size>
std::string_view text_in(const char (&text)[size]) {
  return {text, strnlen(text, size)};
}

}  // namespace

std::vector<PluginAbi> plugin_notes(const std::filesystem::path& file) {
  const auto bytes = bytes_of(file);
  const auto header = value_at<Elf64_Ehdr>(bytes, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != ET_DYN)
    throw UserError(file.string(), "is no shared library", plugin_wanted);
  std::vector<PluginAbi> found;
  for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = value_at<Elf64_Phdr>(bytes, header->e_phoff + i * header->e_phentsize);
    if (segment && segment->p_type == PT_NOTE)
      read_notes(part_of(bytes, segment->p_offset, segment->p_filesz), segment->p_align == 8 ? 8 : 4, found);
  }
  return found;
}

std::string describe(const PluginAbi& abi) {
  return fmt::format("ablate {} (interface {:08x}), LibTorch {}, C++11 ABI {}, {} CUDA", text_in(abi.ablate),
                     abi.interface, text_in(abi.libtorch), abi.cxx11_abi, abi.cuda != 0 ? "with" : "without");
}

bool suits(const PluginAbi& plugin, const PluginAbi& program) {
  return plugin.interface == program.interface && plugin.cxx11_abi == program.cxx11_abi &&
         plugin.cuda <= program.cuda && text_in(plugin.ablate) == text_in(program.ablate) &&
         text_in(plugin.libtorch) == text_in(program.libtorch);
}

}  // namespace ablate
