#pragma once

#include "ablate/kernels/cpu/depthwise.hpp"
#include "ablate/kernels/cpu/elementwise.hpp"
#include "ablate/kernels/cpu/pointwise.hpp"

namespace ablate::kernels {
namespace {

/// This file's capability, as the table that the rest of the room sees.
constexpr Kernels table(const char* name) {
  return {.name = name,
          .lanes = lanes,
          .tile_pairs = most_rows,
          .panel_rows = panel_rows,
          .tile_pixels = tile_vectors * lanes,
          .depthwise_weights = depthwise_weights,
          .depthwise_buffer = depthwise_buffer,
          .pack_depthwise = pack_depthwise,
          .prepare = prepare,
          .depthwise = depthwise,
          .pack_strip = pack_strip,
          .multiply = multiply,
          .scale = scale,
          .copy = copy,
          .dot = dot,
          .settle = settle};
}

}  // namespace
}  // namespace ablate::kernels
