#pragma once
namespace ablate::kernels::general_check {
inline void time_all(const Machine&) {}
}  // namespace ablate::kernels::general_check
