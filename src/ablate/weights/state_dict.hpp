#pragma once

#include "ablate/weights/named_tensors.hpp"

#include <string_view>

namespace ablate {

/// A module's parameters and buffers under PyTorch's names and in PyTorch's order: a module's own parameters,
/// its own buffers (`num_batches_tracked` among them), then its children one after the other. The tensors
/// share the module's memory and need no gradient.
NamedTensors state_dict(const torch::nn::Module& module);

/// Copies `tensors` into the module's own, in place: device and dtype stay, values are cast. Names must be
/// the module's, each once, shapes equal, a scalar's too, and whole numbers come where whole numbers are
/// kept. Otherwise throws UserError with all that does not fit, its place being `where`, and nothing is
/// changed.
void load_state_dict(torch::nn::Module& module, const NamedTensors& tensors, std::string_view where);

}  // namespace ablate
