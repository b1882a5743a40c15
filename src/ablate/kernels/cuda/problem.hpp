#pragma once

#include "ablate/kernels/cuda/overlap.hpp"
#include "ablate/kernels/cuda/planes.hpp"
#include "ablate/kernels/cuda/toeplitz.hpp"

#include <cuda_runtime_api.h>

#include <cstdint>

/// What the kernels of this folder are told: plain numbers and device pointers, so that neither they nor the
/// choice among them knows LibTorch.

namespace ablate::kernels::cuda {

/// A depthwise convolution, its recalibration, and what passes by: all of DWBlock and STMBlock, the first
/// part of FastSTMBlock.
struct DepthwiseGate {
  Element element = Element::float32;
  int batch = 0, height = 0, width = 0;
  int kernel = 7;
  int active = 0, passive = 0;
  int basis_width = 8;  ///< coefficients, with zeros up to a power of two, at least 4; 0: no recalibration

  ConstPlanes source;  ///< active channels; channel_stride is H * W
  Planes active_out;   ///< may lie apart: every second channel, say
  ConstPlanes passed;  ///< passive channels, copied
  Planes passive_out;

  const float* weights = nullptr;  ///< [active, padded_taps(kernel)]: rows of the kernel, then the bias
  const float* basis = nullptr;    ///< [active, basis_width]
  const float* scale = nullptr;    ///< [active, basis_width]
  const float* shift = nullptr;    ///< [active, basis_width], or null
  /// [active, row_floats]: each channel's row of these four, one behind the other.
  const float* rows = nullptr;
  int row_floats = 0;
  /// [active, row_floats_of(*this)]: each channel's kernel and bias, then its row of scale . basis and, with
  /// a shift, that of shift . basis, of gain_floats each: active, up to whole vectors of four; 0: no
  /// recalibration.
  const float* gain_rows = nullptr;
  int gain_floats = 0;
  bool shifts = false;
  const ToeplitzKernel* toeplitz = nullptr;  ///< [active], of 16-bit elements and 7 x 7 alone, or null
};

ABLATE_HOST_DEVICE constexpr int row_floats_of(const DepthwiseGate& g) {
  return padded_taps(g.kernel) + (g.shifts ? 2 : 1) * g.gain_floats;
}

/// Copies of what blocks tell one another, and 8-byte words from one told value to the next, where each block
/// tells one (rendezvous.cuh).
constexpr int word_copies = 4, word_stride = 8;

/// Device memory of one chain of launches, all of one plan; all zero before the first.
struct Rendezvous {
  unsigned long long* words;  ///< [samples, word_copies, blocks of a sample, width]
  unsigned* epochs;           ///< [blocks of the grid]
};

/// How a launch deals its blocks to samples: all blocks of `samples` samples run at one time, `rounds` times
/// over.
struct Arrangement {
  int blocks = 0, samples = 0, rounds = 0;  ///< blocks of a sample
  int grid = 0;                             ///< blocks in all
  Next next = Next::at_end;                 ///< when the next launch may begin: see next_of

  /// Of the rendezvous: each block's part of the coefficients, for each sample.
  std::size_t words(const DepthwiseGate& problem) const {
    return static_cast<std::size_t>(problem.batch) * word_copies * static_cast<std::size_t>(blocks) *
           static_cast<std::size_t>(problem.basis_width);
  }
};

constexpr int most_basis = 32;    ///< coefficients that kernels take which project onto the basis
constexpr int most_gains = 1024;  ///< channels that those take which do not

}  // namespace ablate::kernels::cuda
