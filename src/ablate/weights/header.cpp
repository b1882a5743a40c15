#include "ablate/weights/header.hpp"

#include "ablate/base/error.hpp"
#include "ablate/weights/printable.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace ablate {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

struct TypeRow {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array<TypeRow, 10> type_rows{{{"BOOL", 1},
                                             {"U8", 1},
                                             {"I8", 1},
                                             {"I16", 2},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"I32", 4},
                                             {"F32", 4},
                                             {"F64", 8},
                                             {"I64", 8}}};

std::string offsets_place(std::string_view where, const StoredTensor& tensor) {
  return tensor_place(where, tensor.name) + ": data_offsets";
}

void check_size(const StoredTensor& tensor, std::uint64_t data_bytes, std::string_view where) {
  const auto offsets = fmt::format("[{}, {}]", tensor.begin, tensor.end);
  if (tensor.begin > tensor.end)
    throw UserError(offsets_place(where, tensor), offsets, "a begin that is not behind the end");
  if (tensor.end > data_bytes)
    throw UserError(offsets_place(where, tensor), offsets,
                    fmt::format("up to {}, the bytes of data that the file holds", data_bytes));
  const auto bytes = byte_size(tensor.type, tensor.shape);
  const auto shape = fmt::format("[{}]", fmt::join(tensor.shape, ", "));
  if (!bytes)
    throw UserError(tensor_place(where, tensor.name) + ": shape", shape, "fewer than 2^63 bytes in all");
  if (*bytes != tensor.end - tensor.begin)
    throw UserError(offsets_place(where, tensor),
                    fmt::format("{}, which is {} bytes", offsets, tensor.end - tensor.begin),
                    fmt::format("{} bytes for {} of shape {}", *bytes, name(tensor.type), shape));
}

std::uint64_t read_length(std::istream& file, std::uint64_t file_bytes, std::string_view where) {
  if (file_bytes < length_bytes)
    throw UserError(where, fmt::format("{} bytes", file_bytes),
                    "a safetensors file, which begins with 8 bytes that give its header's length");
  std::array<char, length_bytes> bytes{};
  std::uint64_t length = 0;
  if (!file.read(bytes.data(), bytes.size())) throw UserError(where, "cannot be read", "a readable file");
  std::memcpy(&length, bytes.data(), bytes.size());
  const auto most = std::min(max_header_bytes, file_bytes - length_bytes);
  if (length > most)
    throw UserError(
        fmt::format("{}: header length", where), fmt::format("{} bytes", length),
        fmt::format("at most {}, {}", most,
                    most == max_header_bytes ? "the limit of the format" : "what the file holds"));
  return length;
}

}  // namespace

std::string_view name(StoredType type) { return type_rows[static_cast<std::size_t>(type)].name; }

std::uint64_t size_of(StoredType type) { return type_rows[static_cast<std::size_t>(type)].size; }

std::string tensor_place(std::string_view where, std::string_view tensor) {
  return fmt::format("{}: tensor {}", where, printable(tensor));
}

std::optional<std::uint64_t> byte_size(StoredType type, const std::vector<std::int64_t>& shape) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  // Strides are products too, and take a dimension of 0 for 1: [0, 2^40, 2^40] has no bytes, and no strides.
  auto extent = size_of(type);
  bool empty = false;
  for (const auto dimension : shape) {
    if (dimension < 0) return {};
    empty = empty || dimension == 0;
    const auto factor = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(dimension));
    if (extent > most / factor) return {};
    extent *= factor;
  }
  return empty ? 0 : extent;
}

SafetensorsHeader read_header(std::istream& file, std::uint64_t file_bytes, std::string_view where) {
  std::string json(read_length(file, file_bytes, where), '\0');
  if (!file.read(json.data(), static_cast<std::streamsize>(json.size())))
    throw UserError(fmt::format("{}: header", where), "cannot be read", "a readable file");
  return parse_header(json, file_bytes - length_bytes - json.size(), where);
}

void check_layout(const std::vector<StoredTensor>& tensors, std::uint64_t data_bytes,
                  std::string_view where) {
  std::uint64_t covered = 0;
  std::string_view last = "";
  for (const auto& tensor : tensors) {
    check_size(tensor, data_bytes, where);
    if (tensor.begin < covered)
      throw UserError(
          offsets_place(where, tensor),
          fmt::format("[{}, {}], which overlaps tensor {}", tensor.begin, tensor.end, printable(last)),
          fmt::format("a begin at {}, where that one ends", covered));
    if (tensor.begin > covered)
      throw UserError(offsets_place(where, tensor),
                      fmt::format("[{}, {}], which leaves a hole", tensor.begin, tensor.end),
                      fmt::format("a begin at {}, where the data before it ends", covered));
    covered = tensor.end;
    last = tensor.name;
  }
  if (covered != data_bytes)
    throw UserError(fmt::format("{}: data", where),
                    fmt::format("{} bytes that belong to no tensor", data_bytes - covered),
                    fmt::format("{} bytes of data, as the header says", covered));
}

}  // namespace ablate
