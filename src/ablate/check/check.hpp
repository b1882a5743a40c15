#pragma once

#include "ablate/blocks/registry.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// The room that says what must be equal: a form against its train form (forms.cpp), a block against tensors
/// that the Python twin gave (golden.cpp).

namespace ablate {

/// How far one tensor is from what it should be.
struct Difference {
  std::string tensor;
  double absolute = 0;  ///< largest |actual - expected|
  double relative = 0;  ///< that over the largest |expected|
  bool within = false;
  std::string note;    ///< where there is no number: shapes differ, NaN in one of the two
  double held_to = 0;  ///< what `relative` may be
};

/// Integers must be equal; NaN and infinities must stand where they are expected. Both are compared in
/// double, where the expected one is.
Difference compare(const std::string& name, const torch::Tensor& actual, const torch::Tensor& expected,
                   double tolerance);

/// A golden file: metadata `block` and `options` (JSON), tensors `weights.*`, `input`, and any of
/// `output.eval`, `output.deploy`, `deploy.*`, `output.train`, `after.*`, `grad.*`. The last three belong to
/// one call in training mode without dropout, and the gradient of the sum of squares of its output. TF32 is
/// off. Throws UserError for a file that cannot be read or does not describe a block.
std::vector<Difference> verify_golden(const std::filesystem::path& file, torch::Device device,
                                      double tolerance);

struct FormCheck {
  std::string block;
  std::string options;  ///< those that differ from the defaults
  Form form = Form::deploy;
  Dtype dtype = Dtype::float32;
  Difference difference;
};

/// Every registered block, over a grid of options, in every form that it has, against its train form in
/// evaluation mode: float32 within 1e-5, float64 within 1e-12. Statistics of the batch norms are random, with
/// variances from 1e-4 to 1e4.
std::vector<FormCheck> check_forms(torch::Device device);

/// One form of the block that `make` gives in its train form, against that: the same weights (from `seed`),
/// random statistics of the batch norms, evaluation mode, on `input`, which decides device and dtype. The
/// worst of its outputs. Beyond the tolerance the train form may itself be what is off: then both are held
/// against the train form in double, and the form may err four times as much as the train form does.
Difference form_difference(const std::function<std::shared_ptr<Block>()>& make, Form form, std::uint64_t seed,
                           const torch::Tensor& input, double tolerance);

/// How far a form may be from the train form: what rounding alone explains. TF32 counts on CUDA only.
double form_tolerance(Dtype dtype, bool tf32);

/// Statistics and affine parameters as after training: fresh ones (mean 0, variance 1) hide a wrong fusion.
/// Variances are spread log-uniformly over 10^[-decades, decades].
void randomise_batch_norms(torch::nn::Module& module, double decades = 4);

}  // namespace ablate
