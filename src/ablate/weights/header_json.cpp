#include "ablate/base/error.hpp"
#include "ablate/weights/header.hpp"
#include "ablate/weights/printable.hpp"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

namespace ablate {
namespace {

std::string text_json(const std::string& text, std::string_view where) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw UserError(where, printable(text), "text in UTF-8");
  }
}

std::string metadata_json(const std::map<std::string, std::string>& metadata, std::string_view where) {
  const auto place = fmt::format("{}: __metadata__", where);
  std::vector<std::string> pairs;
  for (const auto& [key, value] : metadata)
    pairs.push_back(text_json(key, place) + ":" + text_json(value, place));
  return fmt::format(R"("__metadata__":{{{}}})", fmt::join(pairs, ","));
}

std::string tensor_json(const StoredTensor& tensor, std::string_view where) {
  return fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                     text_json(tensor.name, fmt::format("{}: name of a tensor", where)), name(tensor.type),
                     fmt::join(tensor.shape, ","), tensor.begin, tensor.end);
}

}  // namespace

std::string header_json(const SafetensorsHeader& header, std::string_view where) {
  std::vector<std::string> members;
  if (!header.metadata.empty()) members.push_back(metadata_json(header.metadata, where));
  for (const auto& tensor : header.tensors) members.push_back(tensor_json(tensor, where));
  auto json = fmt::format("{{{}}}", fmt::join(members, ","));
  json.resize((json.size() + 7) / 8 * 8, ' ');
  if (json.size() > max_header_bytes)
    throw UserError(fmt::format("{}: header", where), fmt::format("{} bytes", json.size()),
                    fmt::format("at most {}, the limit of the format", max_header_bytes));
  return json;
}

}  // namespace ablate
