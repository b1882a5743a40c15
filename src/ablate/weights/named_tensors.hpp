#pragma once

#include <torch/nn/module.h>

#include <string>

namespace ablate {

/// Tensors by name, in an order.
using NamedTensors = torch::OrderedDict<std::string, torch::Tensor>;

}  // namespace ablate
