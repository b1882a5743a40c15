#include "ablate/run/build_cell.hpp"

#include "ablate/base/build_info.hpp"
#include "ablate/blocks/written.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include <fstream>

namespace ablate {
namespace {

/// Bytes that the system says can be had without swapping; nothing where it does not say.
std::optional<std::int64_t> available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  std::int64_t kibibytes = 0;
  while (file >> name >> kibibytes && std::getline(file, unit))
    if (name == "MemAvailable:") return kibibytes * 1024;
  return std::nullopt;
}

/// Linux grants more than it has and kills the process later: better to fail here, where it can be recorded.
void check_memory(const Cell& cell) {
  const auto available = available_memory();
  if (!available) return;
  const auto images = static_cast<double>(cell.batch) * static_cast<double>(cell.resolution.height) *
                      static_cast<double>(cell.resolution.width) * static_cast<double>(sizeof(float));
  // Input and output, and one tensor between them.
  const auto needed = images * static_cast<double>(cell.channels.in + 2 * cell.channels.out);
  if (needed > static_cast<double>(*available))
    throw UserError("memory", fmt::format("about {:.1f} GiB for input and output", needed / (1 << 30)),
                    fmt::format("{:.1f} GiB, what is free", static_cast<double>(*available) / (1 << 30)));
}

}  // namespace

BuiltCell build_cell(const Cell& cell) {
  check_memory(cell);
  torch::manual_seed(cell.seed);
  BuiltCell built;
  built.block = make_block(cell.block, cell.written.get(), cell.options, cell.form);
  built.block->module().eval();
  // A generator of its own: a block that draws more numbers for its weights must not change the input.
  built.input = torch::randn({cell.batch, cell.channels.in, cell.resolution.height, cell.resolution.width},
                             at::make_generator<at::CPUGeneratorImpl>(cell.seed));
  return built;
}

void move_to_device(BuiltCell& built, const Cell& cell) {
  const torch::Device device(cell.device);
  built.block->module().to(device, scalar_type(cell.dtype));
  built.input = built.input.to(device, scalar_type(cell.dtype));
}

std::string why_not_here(const std::string& device) {
  const torch::Device wanted(device);
  if (!wanted.is_cuda()) return {};
  if (!with_cuda()) return "this build has no CUDA";
  const auto present = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  if (present == 0) return "no CUDA device here";
  if (wanted.has_index() && wanted.index() >= present)
    return fmt::format("{} CUDA device(s) here, no {}", present, device);
  return {};
}

}  // namespace ablate
