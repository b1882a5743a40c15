#include "ablate/base/error.hpp"
#include "ablate/weights/atomic_file.hpp"
#include "ablate/weights/safetensors.hpp"
#include "ablate/weights/stored_type.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

StoredType type_to_store(const std::string& name, const torch::Tensor& tensor, std::string_view where) {
  const auto place = tensor_place(where, name);
  if (name == "__metadata__")
    throw UserError(place, "a name that the format keeps for itself", "another one");
  if (!tensor.defined() || tensor.layout() != torch::kStrided || tensor.is_meta() || tensor.is_quantized())
    throw UserError(place, "no plain values", "a dense tensor that holds values");
  const auto type = stored_type(tensor.scalar_type());
  if (!type)
    throw UserError(place, fmt::format("dtype {}", torch::toString(tensor.scalar_type())),
                    "bool, 8 to 64 bit integers, float16, bfloat16, float32, float64");
  return *type;
}

/// As the reference implementation lays a file out: elements of 8 bytes first, so that all are aligned.
SafetensorsHeader lay_out(const TensorFile& file, std::string_view where) {
  SafetensorsHeader header{{}, file.metadata};
  for (const auto& item : file.tensors) {
    const auto& tensor = item.value();
    header.tensors.push_back(
        {item.key(), type_to_store(item.key(), tensor, where), tensor.sizes().vec(), 0, 0});
  }
  std::ranges::sort(header.tensors, [](const StoredTensor& a, const StoredTensor& b) {
    return a.type != b.type ? a.type > b.type : a.name < b.name;
  });
  std::uint64_t end = 0;
  for (auto& tensor : header.tensors) {
    tensor.begin = end;
    end += byte_size(tensor.type, tensor.shape).value();
    tensor.end = end;
  }
  return header;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  const auto header = lay_out(file, path.string());
  const auto json = header_json(header, path.string());
  const auto length = static_cast<std::uint64_t>(json.size());
  AtomicFile out(path);
  out.write(&length, sizeof length);
  out.write(json.data(), json.size());
  for (const auto& stored : header.tensors) {
    // One at a time, so that weights on a device need room for a single copy here.
    const auto tensor = file.tensors[stored.name].detach().to(torch::kCPU).resolve_neg().contiguous();
    out.write(tensor.const_data_ptr(), tensor.nbytes());
  }
  out.commit();
}

}  // namespace ablate
