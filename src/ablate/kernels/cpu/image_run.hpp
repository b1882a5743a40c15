#pragma once

#include "ablate/kernels/cpu/packed.hpp"
#include "ablate/kernels/cpu/plan.hpp"
#include "ablate/kernels/cpu/workers.hpp"

namespace ablate::kernels {

/// One image on its way through a block, in three steps. The shares of a step may run at one time or one
/// after the other; a step begins when all shares of the last are done.
class ImageRun {
 public:
  /// Floats of the scratch that all shares see.
  static int64_t scratch_floats(const PackedBlock& block, const Plan& plan);

  ImageRun(const PackedBlock& block, const Plan& plan, const float* input, float* output, float* scratch);

  /// The pointwise convolutions before the split, where there are any.
  void adjust(Share share) const;
  /// Depthwise convolution, bias and ReLU; the sum of each band.
  void convolve(Share share) const;
  /// Recalibration; what passes; the mixing.
  void finish(Share share) const;

 private:
  void recalibrate(Share share, const float* gains, const float* shifts) const;
  void pass(Share share) const;
  void mix(Share share, const float* gains, const float* shifts, float* strip) const;
  /// Gains and shifts of the channels from the bands' sums.
  void gates(float* work, float* gains, float* shifts) const;

  const PackedBlock& block_;
  const Plan& plan_;
  const Kernels& kernels_;
  int64_t pixels_;
  const float* input_;
  float* output_;
  float* sums_;       ///< [active, bands]
  float* adjusted_;   ///< [active, pixels]: the convolution's source, where it is not the input
  float* passed_;     ///< [passive, pixels]: what the mixing takes, where it is not the input
  float* convolved_;  ///< where the active channels go
  int64_t convolved_stride_;
};

}  // namespace ablate::kernels
