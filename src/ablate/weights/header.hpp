#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// The header of a safetensors file, without torch: 8 bytes of length (little-endian), then a JSON object
/// {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}, then the data. `__metadata__`
/// maps text to text.

/// What an element is, in the order of the format's alignment: the writer puts the last kind first.
enum class StoredType { boolean, u8, i8, i16, f16, bf16, i32, f32, f64, i64 };

/// "BOOL", "F32", as the format spells it.
std::string_view name(StoredType type);
/// Bytes of one element.
std::uint64_t size_of(StoredType type);

struct StoredTensor {
  std::string name;
  StoredType type = StoredType::f32;
  std::vector<std::int64_t> shape;   ///< empty for a scalar
  std::uint64_t begin = 0, end = 0;  ///< bytes, from the start of the data
};

struct SafetensorsHeader {
  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> metadata;
};

inline constexpr std::uint64_t length_bytes = 8;
inline constexpr std::uint64_t max_header_bytes = 100'000'000;  ///< the format's own limit
inline constexpr std::size_t max_rank = 64;                     ///< LibTorch's

/// "m.safetensors: tensor "conv.weight"": where an error about a tensor stands.
std::string tensor_place(std::string_view where, std::string_view tensor);

/// Bytes of a tensor of that shape; nothing where they, or the strides, do not fit into 63 bits.
std::optional<std::uint64_t> byte_size(StoredType type, const std::vector<std::int64_t>& shape);

/// Reads the header of a file of `file_bytes` bytes and leaves `file` at the first byte of the data. Reserves
/// nothing that the file's size does not cover. Throws UserError, its place starting with `where`.
SafetensorsHeader read_header(std::istream& file, std::uint64_t file_bytes, std::string_view where);

/// The header from its JSON, tensors sorted by their data, which is `data_bytes` long. Throws UserError for
/// what is not JSON, a name or key that comes twice, a key, dtype or number that the format does not know,
/// and a layout that `check_layout` refuses.
SafetensorsHeader parse_header(std::string_view json, std::uint64_t data_bytes, std::string_view where);

/// Tensors, sorted by their data, must cover `data_bytes` from the first to the last byte, none twice, and
/// each must be as long as its shape and dtype say.
void check_layout(const std::vector<StoredTensor>& tensors, std::uint64_t data_bytes, std::string_view where);

/// The JSON of `header`, padded with spaces so that the data behind it begins at a multiple of 8. Throws
/// UserError for texts that are not UTF-8 and for a header beyond `max_header_bytes`.
std::string header_json(const SafetensorsHeader& header, std::string_view where);

}  // namespace ablate
