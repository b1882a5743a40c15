#pragma once

#include <cstdint>
#include <functional>

namespace ablate {

/// Multiplications of all operations that `call` makes on this thread: convolutions, matrix products, batch
/// norms and products of tensors, each by its rule in docs/measuring.md. All other operations count nothing.
std::int64_t multiplications(const std::function<void()>& call);

}  // namespace ablate
