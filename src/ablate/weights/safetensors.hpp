#pragma once

#include "ablate/weights/named_tensors.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace ablate {

/// The room `weights`: how trained numbers come in and go out. Weights are trained in Python and studied
/// here, so they cross the border in safetensors files (https://github.com/huggingface/safetensors) under the
/// names of PyTorch's state dict (`state_dict.hpp`). A file from elsewhere is not trusted: its header is
/// checked whole (`header.hpp`) before a tensor is made.

/// What a file holds. The format keeps dtype, shape and values; device, strides and gradients it does not.
struct TensorFile {
  NamedTensors tensors = NamedTensors("tensor");  ///< on the CPU, contiguous, in the order of their data
  std::map<std::string, std::string> metadata;
};

/// Reads a whole file. Takes as much memory as the file has bytes, and a small multiple of its header. Throws
/// UserError naming the file, the tensor and the value for whatever is not well-formed, and for a BOOL that
/// is neither 0 nor 1.
TensorFile read_safetensors(const std::filesystem::path& path);

/// Writes as the reference implementation does: tensors by falling dtype, then by name, data aligned to 8
/// bytes. Tensors of any device and stride; views are written out in full. A file appears complete or not at
/// all, and what stood at `path` before stays until then. Throws UserError where the file cannot be written,
/// and for a tensor or a name that the format does not know.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

}  // namespace ablate
