#pragma once

namespace ablate {

/// Inside the rooms stats and verdict: the distributions that intervals and p-values come from, correct to at
/// least ten digits where probabilities are not below 1e-12.

/// P(Z <= z), Z standard normal.
double normal_cdf(double z);
/// Its inverse; p within (0, 1).
double normal_quantile(double p);

/// P(T <= t), T of Student's distribution with `freedom` > 0 degrees of freedom.
double student_cdf(double t, double freedom);
/// Its inverse; p within (0, 1).
double student_quantile(double p, double freedom);

}  // namespace ablate
