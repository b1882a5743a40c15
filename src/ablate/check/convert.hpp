#pragma once

#include "ablate/check/check.hpp"
#include "ablate/weights/named_tensors.hpp"

namespace ablate {

/// Trained weights of a block and what becomes of them in a deeper form.
struct Converted {
  NamedTensors tensors;  ///< the converted state dict, under the names that came in
  Options options;       ///< of the block, complete
  std::int64_t params_before = 0, params_after = 0;
  Difference difference;  ///< output of the two forms, evaluation mode, on random input
};

/// Converts the tensors of `weights` whose names begin with `prefix`, the state dict of a block of that name
/// in its train form; all others are passed on as they are. Options that shapes do not give away are taken
/// from `given`, which also overrides them; the rest are defaults. Throws UserError, its place starting with
/// `where`, for weights that are not such a block's.
Converted convert_weights(std::string_view block, const Options& given, Form form,
                          const NamedTensors& weights, const std::string& prefix, std::string_view where);

/// Shapes by name, for `infer_options`.
std::map<std::string, std::vector<std::int64_t>, std::less<>> shapes_of(const NamedTensors& tensors);

}  // namespace ablate
