#pragma once

#include <string>
#include <vector>

namespace ablate {

/// The unit in which a column is printed: a value in `unit of the record` times `per_si` gives the number
/// shown.
struct Unit {
  std::string name;  ///< "µs", "KiB"; empty for counts
  double per_si = 1;
};

/// One unit for all `values`, so that they compare at a glance: the largest in which their median is at least
/// 1. `si` is "s", "bytes", "flop/s", "byte/s", "%" (of a fraction) or empty. Without values there is nothing
/// to name a unit of.
Unit unit_for(const std::string& si, std::vector<double> values);

/// Digits behind the point with which `number` is printed, `error` being what it may be off by: the last
/// digit has the order of the error, with at least 2 and at most 4 significant digits. Without an error 4
/// digits. Below zero where even the last digit before the point says nothing.
int decimals_for(double number, double error);

/// Rounded to `decimals`, which may be below zero: 7798 at -2 is "7800".
std::string rounded(double number, int decimals);

/// "+31.6%" for 0.316; "+32%" where `error`, of the same fraction, is one percent or more.
std::string as_percent(double fraction, double error);

}  // namespace ablate
