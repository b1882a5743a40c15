#pragma once

#include <string_view>

namespace ablate {

/// How this binary came to be; records carry it, since a latency without it cannot be made again.

std::string_view version();     ///< "0.1.0"
std::string_view revision();    ///< git's, "-dirty" behind it where files differed; "unknown" outside git
std::string_view build_type();  ///< "Release"
std::string_view compiler();    ///< "GNU 12.2.0"
std::string_view flags();       ///< for optimisation and sanitising, as the compiler got them
bool with_cuda();               ///< built against LibTorch's CUDA part

}  // namespace ablate
