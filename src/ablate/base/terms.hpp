#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ablate {

/// How a block is laid out. Deeper forms compute the same in evaluation mode with fewer operations.
enum class Form {
  train,   ///< every branch, as it is trained
  deploy,  ///< RepConv's branches fused into one convolution, all else as it was
  folded,  ///< deploy, and every remaining convolution + batch norm pair folded too
  fused    ///< the tensors of folded, computed in one call where there is a kernel; inference alone
};

enum class Dtype { float32, float64, float16, bfloat16 };

/// What a latency is read from. On the CPU there is one clock, and all four are it.
enum class Clock {
  host,    ///< from the call to its synchronised end, as the caller waits for it
  device,  ///< between two events on the device, around calls that were all queued before the first began
  graph,   ///< the same around the replay of a CUDA graph of the calls
  launch   ///< what the calls of the device's clock cost the thread that queues them
};

inline constexpr std::array<std::string_view, 4> form_names{"train", "deploy", "folded", "fused"};
inline constexpr std::array<std::string_view, 4> dtype_names{"float32", "float64", "float16", "bfloat16"};

inline constexpr std::array<std::string_view, 4> clock_names{"host", "device", "graph", "launch"};

constexpr std::string_view name(Clock clock) { return clock_names[static_cast<std::size_t>(clock)]; }
constexpr std::string_view name(Form form) { return form_names[static_cast<std::size_t>(form)]; }
constexpr std::string_view name(Dtype dtype) { return dtype_names[static_cast<std::size_t>(dtype)]; }

/// Nothing where no form, dtype or clock has that name.
std::optional<Form> form_named(std::string_view name);
std::optional<Dtype> dtype_named(std::string_view name);
std::optional<Clock> clock_named(std::string_view name);

/// Bytes of one element.
constexpr int size_of(Dtype dtype) { return dtype == Dtype::float64 ? 8 : dtype == Dtype::float32 ? 4 : 2; }

}  // namespace ablate
