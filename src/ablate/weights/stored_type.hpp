#pragma once

#include "ablate/weights/header.hpp"

#include <torch/types.h>

namespace ablate {

/// LibTorch's word for it.
torch::Dtype scalar_type(StoredType type);

/// Nothing where the format, or our part of it, has no such element.
std::optional<StoredType> stored_type(torch::Dtype type);

}  // namespace ablate
