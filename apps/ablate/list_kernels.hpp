#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ablate::cli {

/// What `ablate list kernels` was asked; what is left out is all there is.
struct KernelQuery {
  std::optional<std::string> shape;  ///< "B,C,H,W" of the input
  std::vector<std::string> blocks, devices, dtypes;
  std::optional<std::int64_t> kernel_size, out_channels;
};

/// Without a shape: which kernels there are, and what this machine is. With one: which of them takes each
/// block at that shape, and why. Throws UserError for what cannot be asked.
void list_kernels(const KernelQuery& query);

}  // namespace ablate::cli
