#pragma once

#include "ablate/record/record.hpp"

#include <optional>
#include <string>

namespace ablate {

/// What a record says of a metric, in SI units. `latency` is its mean on the host's clock, `latency.device`,
/// `latency.graph` and `latency.launch` are medians on theirs. Nothing where it was not measured, and for
/// metrics that are no numbers.
std::optional<double> value_of(const Record& record, const std::string& metric);

/// How far off a value may be: the standard error of the mean (std / sqrt n) for what a clock gave, 0 for
/// what was counted. Of a single sample nothing is known; that gives 0 too.
double error_of(const Record& record, const std::string& metric);

/// The clock that a metric is read from: `latency.device`, `latency.graph` and `latency.launch` those of the
/// same names, the other `latency.*` the host's; nothing for what is no latency.
std::optional<Clock> clock_of(const std::string& metric);

}  // namespace ablate
