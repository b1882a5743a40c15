#pragma once

#include <torch/torch.h>

#include <string>

namespace ablate {

/// Tensors by name, in an order.
using NamedTensors = torch::OrderedDict<std::string, torch::Tensor>;

}  // namespace ablate
