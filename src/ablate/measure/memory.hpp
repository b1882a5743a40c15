#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/measure/result.hpp"

#include <cstdint>
#include <functional>

namespace ablate {

/// Most bytes that `call` held at one time of what LibTorch's allocators gave it on this device, beyond what
/// was there before: what it returned and keeps counts too. What libraries take from the system by themselves
/// is not seen.
std::int64_t peak_memory(torch::Device device, const std::function<void()>& call);

/// Memory of one call in inference mode. Block and input stand on the device.
Memory memory_of(Block& block, const torch::Tensor& input);

}  // namespace ablate
