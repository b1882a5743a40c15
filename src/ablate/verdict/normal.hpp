#pragma once

namespace ablate {

/// Inside the verdict room: the standard normal distribution.

/// The chance of a value above `z`.
double normal_tail(double z);

/// The z that a value lies above with chance `tail`, which is above 0 and below 1.
double normal_quantile(double tail);

}  // namespace ablate
