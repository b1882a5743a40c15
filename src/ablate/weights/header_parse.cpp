#include "ablate/base/error.hpp"
#include "ablate/weights/header.hpp"
#include "ablate/weights/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace ablate {
namespace {

constexpr std::string_view metadata_name = "__metadata__";

std::optional<StoredType> type_named(std::string_view text) {
  for (auto type = StoredType::boolean; type <= StoredType::i64;
       type = static_cast<StoredType>(static_cast<int>(type) + 1))
    if (name(type) == text) return type;
  return {};
}

/// Takes the JSON as it comes, token by token: a tree would have lost the first of two equal keys already,
/// and what the format does not allow at a place is refused before anything behind it is read. So nesting
/// never goes deeper than the format's own three levels.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string_view where) : where_(where) {}

  SafetensorsHeader header;

  bool start_object(std::size_t) override;
  bool key(std::string& text) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool number_unsigned(std::uint64_t number) override;
  bool string(std::string& text) override;

  bool null() override { refuse("null"); }
  bool boolean(bool value) override { refuse(value ? "true" : "false"); }
  bool number_integer(std::int64_t number) override {
    refuse(number == 0 ? "-0" : fmt::format("{}", number));
  }
  bool number_float(double, const std::string& text) override { refuse(text.substr(0, 80)); }
  bool binary(nlohmann::json::binary_t&) override { refuse("binary data"); }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override;

 private:
  enum class Level { outside, header, metadata, tensor, shape, offsets };

  std::string place() const;
  std::string_view allowed() const;
  [[noreturn]] void refuse(std::string_view found) const { throw UserError(place(), found, allowed()); }
  [[noreturn]] void refuse_twice(std::string_view key, std::string_view place) const {
    throw UserError(place, fmt::format("{} comes twice", printable(key)), "every name once");
  }
  void open_field(std::string_view key);
  void finish_tensor();

  std::string_view where_;
  Level level_ = Level::outside;
  std::set<std::string, std::less<>> names_;
  std::string name_;   ///< the header's key at hand: a tensor's name, or __metadata__
  std::string field_;  ///< the key within that
  std::set<std::string, std::less<>> fields_;
  std::vector<std::uint64_t> offsets_;
};

std::string HeaderReader::place() const {
  if (level_ == Level::outside) return fmt::format("{}: header", where_);
  if (name_ == metadata_name)
    return field_.empty() ? fmt::format("{}: {}", where_, metadata_name)
                          : fmt::format("{}: {}: {}", where_, metadata_name, printable(field_));
  return tensor_place(where_, name_) + (field_.empty() ? "" : ": " + field_);
}

std::string_view HeaderReader::allowed() const {
  if (level_ == Level::metadata) return "text";
  if (level_ == Level::header)
    return name_ == metadata_name ? "an object of texts" : "an object with dtype, shape and data_offsets";
  if (field_ == "dtype") return "BOOL, U8, I8, I16, F16, BF16, I32, F32, F64, I64";
  if (field_ == "shape") return "a list of at most 64 whole numbers, each from 0 to 2^63 - 1";
  if (field_ == "data_offsets") return "a list of two whole numbers, begin and end, from 0";
  return "an object";
}

bool HeaderReader::start_object(std::size_t) {
  if (level_ == Level::outside) {
    level_ = Level::header;
  } else if (level_ == Level::header) {
    level_ = name_ == metadata_name ? Level::metadata : Level::tensor;
    field_.clear();
    fields_.clear();
    if (level_ == Level::tensor) header.tensors.emplace_back().name = name_;
  } else {
    refuse("an object");
  }
  return true;
}

bool HeaderReader::key(std::string& text) {
  if (level_ == Level::header) {
    if (!names_.insert(text).second) refuse_twice(text, fmt::format("{}: header", where_));
    name_ = text;
  } else if (level_ == Level::metadata) {
    if (header.metadata.contains(text)) refuse_twice(text, fmt::format("{}: {}", where_, metadata_name));
    field_ = text;
  } else {
    open_field(text);
  }
  return true;
}

void HeaderReader::open_field(std::string_view key) {
  constexpr std::array<std::string_view, 3> known{"dtype", "shape", "data_offsets"};
  if (std::ranges::find(known, key) == known.end())
    throw UserError(tensor_place(where_, name_), fmt::format("key {}", printable(key)),
                    "dtype, shape and data_offsets");
  if (!fields_.emplace(key).second) refuse_twice(key, tensor_place(where_, name_));
  field_ = key;
}

bool HeaderReader::end_object() {
  if (level_ == Level::tensor) finish_tensor();
  level_ = level_ == Level::header ? Level::outside : Level::header;
  name_.clear();
  field_.clear();
  return true;
}

void HeaderReader::finish_tensor() {
  for (const auto* field : {"dtype", "shape", "data_offsets"})
    if (!fields_.contains(field))
      throw UserError(tensor_place(where_, name_), fmt::format("no {}", field),
                      "dtype, shape and data_offsets, each of them given");
}

bool HeaderReader::start_array(std::size_t) {
  if (level_ != Level::tensor || (field_ != "shape" && field_ != "data_offsets")) refuse("a list");
  level_ = field_ == "shape" ? Level::shape : Level::offsets;
  offsets_.clear();
  return true;
}

bool HeaderReader::end_array() {
  if (level_ == Level::offsets) {
    if (offsets_.size() != 2) refuse(fmt::format("a list of {}", offsets_.size()));
    header.tensors.back().begin = offsets_[0];
    header.tensors.back().end = offsets_[1];
  }
  level_ = Level::tensor;
  return true;
}

bool HeaderReader::number_unsigned(std::uint64_t number) {
  if (level_ == Level::shape) {
    auto& shape = header.tensors.back().shape;
    if (number > std::numeric_limits<std::int64_t>::max()) refuse(fmt::format("{}", number));
    if (shape.size() == max_rank) refuse("more than 64 dimensions");
    shape.push_back(static_cast<std::int64_t>(number));
  } else if (level_ == Level::offsets) {
    if (offsets_.size() == 2) refuse("a list of more than 2");
    offsets_.push_back(number);
  } else {
    refuse(fmt::format("{}", number));
  }
  return true;
}

bool HeaderReader::string(std::string& text) {
  if (level_ == Level::metadata) {
    header.metadata.emplace(field_, std::move(text));
  } else if (level_ == Level::tensor && field_ == "dtype") {
    const auto type = type_named(text);
    if (!type) refuse(printable(text));
    header.tensors.back().type = *type;
  } else {
    refuse(printable(text));
  }
  return true;
}

bool HeaderReader::parse_error(std::size_t position, const std::string& token,
                               const nlohmann::detail::exception&) {
  const auto tail = token.size() > 40 ? token.substr(token.size() - 40) : token;
  throw UserError(fmt::format("{}: header, byte {}", where_, position),
                  fmt::format("unreadable at {}", printable(tail)),
                  "JSON in UTF-8, one object, then only spaces");
}

}  // namespace

SafetensorsHeader parse_header(std::string_view json, std::uint64_t data_bytes, std::string_view where) {
  const auto place = fmt::format("{}: header", where);
  if (!json.starts_with('{'))
    throw UserError(place,
                    json.empty() ? "empty" : fmt::format("begins with {}", printable(json.substr(0, 16))),
                    "a JSON object, which begins with {");
  // The JSON reader takes a zero byte for the end, and would let pass whatever follows it.
  if (const auto zero = json.find('\0'); zero != std::string_view::npos)
    throw UserError(fmt::format("{}, byte {}", place, zero + 1), "a zero byte", "JSON in UTF-8");

  HeaderReader reader(where);
  nlohmann::json::sax_parse(json, &reader);
  auto header = std::move(reader.header);
  std::ranges::stable_sort(header.tensors, {},
                           [](const StoredTensor& tensor) { return std::tuple(tensor.begin, tensor.end); });
  check_layout(header.tensors, data_bytes, where);
  return header;
}

}  // namespace ablate
