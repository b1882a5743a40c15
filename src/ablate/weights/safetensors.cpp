#include "ablate/weights/safetensors.hpp"

#include "ablate/base/error.hpp"
#include "ablate/weights/atomic_file.hpp"
#include "ablate/weights/stored_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <span>

namespace ablate {
namespace {

/// The size of a regular file. Opening something else could wait for ever (a pipe) or never end (a device).
std::uint64_t size_of_file(const std::filesystem::path& path) {
  constexpr std::string_view allowed = "a safetensors file that can be read";
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw UserError(path.string(), "no such file", allowed);
  if (is_directory(status)) throw UserError(path.string(), "is a directory", allowed);
  if (error || !is_regular_file(status))
    throw UserError(path.string(), error ? error.message() : "is no regular file", allowed);
  const auto bytes = std::filesystem::file_size(path, error);
  if (error) throw UserError(path.string(), error.message(), allowed);
  return bytes;
}

torch::Tensor allocate(const StoredTensor& stored, std::string_view where) {
  try {
    return torch::empty(stored.shape, torch::dtype(scalar_type(stored.type)).device(torch::kCPU));
  } catch (const c10::Error&) {
    throw UserError(tensor_place(where, stored.name),
                    fmt::format("{} bytes, more than there is memory", stored.end - stored.begin),
                    "tensors that fit into memory");
  }
}

/// Any other byte in a C++ bool is undefined behaviour wherever it is used.
void check_booleans(const torch::Tensor& tensor, std::string_view place) {
  const std::span bytes(static_cast<const unsigned char*>(tensor.const_data_ptr()), tensor.nbytes());
  const auto odd = std::ranges::find_if(bytes, [](unsigned char byte) { return byte > 1; });
  if (odd != bytes.end())
    throw UserError(fmt::format("{}: element {}", place, odd - bytes.begin()),
                    fmt::format("BOOL of value {}", *odd), "0 and 1");
}

torch::Tensor read_tensor(std::istream& file, const StoredTensor& stored, std::string_view where) {
  auto tensor = allocate(stored, where);
  const auto bytes = static_cast<std::streamsize>(tensor.nbytes());
  if (bytes == 0) return tensor;
  if (!file.read(static_cast<char*>(tensor.mutable_data_ptr()), bytes))
    throw UserError(tensor_place(where, stored.name), "its data cannot be read", "a readable file");
  if (stored.type == StoredType::boolean) check_booleans(tensor, tensor_place(where, stored.name));
  return tensor;
}

}  // namespace

TensorFile read_safetensors(const std::filesystem::path& path) {
  const auto where = path.string();
  const auto bytes = size_of_file(path);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw UserError(where, "cannot be opened", "a safetensors file that can be read");

  auto header = read_header(stream, bytes, where);
  TensorFile file;
  file.metadata = std::move(header.metadata);
  file.tensors.reserve(header.tensors.size());
  for (const auto& stored : header.tensors)
    file.tensors.insert(stored.name, read_tensor(stream, stored, where));
  return file;
}

}  // namespace ablate
