#pragma once

#include "ablate/blocks/registry.hpp"
#include "ablate/study/plan.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ablate {

/// Elements of one block in one form: the sum, and tensor by tensor.
struct ParamCount {
  std::string block;
  Options options;  ///< complete
  Form form = Form::train;
  std::int64_t params = 0, buffers = 0;
  std::map<std::string, std::int64_t> tensors;  ///< parameters only
};

/// One for each block, options and form that the plan has, sorted by these.
std::vector<ParamCount> param_counts(const Plan& plan);

/// Deterministic: the same counts give the same bytes.
std::string to_json(const std::vector<ParamCount>& counts);
/// Throws UserError naming the file and the place.
std::vector<ParamCount> read_param_counts(const std::filesystem::path& file);

/// One entry that is not as the file says. An entry that the file lacks has no `expected`, one that the study
/// no longer has no `found`.
struct Drift {
  std::string block, options;
  Form form = Form::train;
  std::optional<std::int64_t> expected, found;
  std::string tensors;  ///< those that changed: "mix_conv.weight 4096 -> 8192"
};

std::vector<Drift> drift(const std::vector<ParamCount>& expected, const std::vector<ParamCount>& found);

}  // namespace ablate
