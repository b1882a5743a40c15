#include "ablate/stats/batches.hpp"

#include "ablate/stats/signed_rank.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ablate {
namespace {

/// An interval is read at several numbers of rounds and believed at the first at which it is narrow, which
/// picks those that came out too narrow. So all are this much wider; tests/stats measures that it is enough.
constexpr double looks_allowance = 1.05;

/// With fewer pieces than this the memory that they were cut by is itself not known. The fewest with which
/// a 95 % interval exists suffice while there are too few samples for sampling to stop.
std::size_t least_pieces(std::size_t samples) { return samples < next_check(0) ? 6 : 12; }

/// Where there are more stretches than can be ranked, several whole ones are one: the exact distribution ends
/// somewhere.
std::vector<Range> merged(const std::vector<Range>& parts, std::size_t most) {
  if (parts.size() <= most) return parts;
  std::vector<Range> fewer;
  for (const auto& group : split({0, parts.size()}, most))
    fewer.push_back({parts[group.begin].begin, parts[group.end - 1].end});
  return fewer;
}

}  // namespace

std::vector<Range> stretches(std::size_t samples, Ends ends) {
  std::vector<Range> ranges;
  std::size_t begin = 0;
  for (const auto end : ends) {
    const auto stop = std::min(end, samples);
    if (stop > begin) ranges.push_back({begin, stop});
    begin = std::max(begin, stop);
  }
  if (samples > begin) ranges.push_back({begin, samples});
  return ranges;
}

std::vector<Range> split(Range range, std::size_t parts) {
  std::vector<Range> pieces(parts);
  for (std::size_t i = 0; i < parts; ++i)
    pieces[i] = {range.begin + range.size() * i / parts, range.begin + range.size() * (i + 1) / parts};
  return pieces;
}

double trimmed_mean(Samples samples) {
  const auto n = samples.size();
  if (n == 1) return samples[0];
  if (n == 2) return (samples[0] + samples[1]) / 2;
  const double cut = 0.2 * static_cast<double>(n);
  const auto whole = static_cast<std::size_t>(cut);
  std::vector<double> sorted(samples.begin(), samples.end());
  const auto first = sorted.begin() + static_cast<std::ptrdiff_t>(whole);
  const auto last = sorted.end() - static_cast<std::ptrdiff_t>(whole) - 1;
  std::nth_element(sorted.begin(), first, sorted.end());
  std::nth_element(first + 1, last, sorted.end());
  const double part = 1 - (cut - static_cast<double>(whole));
  const double inner = std::accumulate(first + 1, last, 0.0);
  return (inner + part * (*first + *last)) / (static_cast<double>(n) - 2 * cut);
}

double median(std::vector<double> samples) {
  const auto half = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), half, samples.end());
  if (samples.size() % 2 == 1) return *half;
  return (*std::max_element(samples.begin(), half) + *half) / 2;
}

double mean(Samples samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double variance(Samples samples) {
  if (samples.size() < 2) return 0;
  const double centre = mean(samples);
  double sum = 0;
  for (const double sample : samples) sum += (sample - centre) * (sample - centre);
  return sum / static_cast<double>(samples.size() - 1);
}

std::vector<Range> independent_pieces(const std::vector<Range>& stretches, const Correlation& memory,
                                      std::size_t most) {
  const double samples = static_cast<double>(stretches.back().end - stretches.front().begin);
  double size = std::max(memory.time < 1.5 ? 1 : memory.time, samples / static_cast<double>(most));
  const auto parts = [&](const Range& stretch) {
    // A hair more, or rounding would lose a piece where sizes fit exactly.
    return static_cast<std::size_t>(std::max(1.0, static_cast<double>(stretch.size()) / size * (1 + 1e-12)));
  };
  const auto total = [&] {
    std::size_t sum = 0;
    for (const auto& stretch : stretches) sum += parts(stretch);
    return sum;
  };
  // Short stretches are a piece each, whatever the size: the long ones have fewer then.
  while (total() > std::max(most, stretches.size())) size *= 1.1;
  std::vector<Range> pieces;
  for (const auto& stretch : stretches)
    for (const auto& piece : split(stretch, parts(stretch))) pieces.push_back(piece);
  return pieces;
}

double widening(const Correlation& memory, double size) {
  const double phi = memory.correlation;
  if (phi <= 0) return 1;
  // Of an autoregressive process of order one: the mean of a piece has this part of the long-run variance.
  const double long_run = (1 + phi) / (1 - phi);
  const double steps = size / memory.step;
  const double edge = 2 * phi * (1 - std::pow(phi, steps)) / (steps * (1 - phi) * (1 - phi));
  return std::sqrt(long_run / (long_run - edge));
}

std::vector<double> trimmed_means(Samples samples, const std::vector<Range>& pieces) {
  std::vector<double> values;
  values.reserve(pieces.size());
  for (const auto& piece : pieces) values.push_back(trimmed_mean(samples.subspan(piece.begin, piece.size())));
  return values;
}

Batches batches(Samples samples, Ends ends) {
  Batches found;
  found.parts = merged(stretches(samples.size(), ends), max_ranked);
  const auto remembered = memory(samples, found.parts);
  found.pieces = independent_pieces(found.parts, remembered, max_ranked);
  const double size = static_cast<double>(samples.size()) / static_cast<double>(found.pieces.size());
  const bool one_each = found.pieces.size() == found.parts.size() && found.parts.size() > 1;
  found.widening = looks_allowance * (one_each ? 1 : widening(remembered, size));
  found.enough = one_each || found.pieces.size() >= least_pieces(samples.size());
  // An estimate without an interval is best where the pieces are many.
  if (!found.enough) found.pieces = independent_pieces(found.parts, {}, max_ranked);
  return found;
}

Error between_stretches(const Batches& batches, const std::vector<double>& values) {
  if (batches.parts.size() < 2) return {};
  std::vector<double> means;
  double within = 0;
  std::size_t i = 0;
  for (const auto& part : batches.parts) {
    std::vector<double> own;
    for (; i < batches.pieces.size() && batches.pieces[i].begin < part.end; ++i) own.push_back(values[i]);
    means.push_back(mean(own));
    within += variance(own) / static_cast<double>(own.size());
  }
  const double count = static_cast<double>(batches.parts.size());
  within *= batches.widening * batches.widening / count;
  const double between = variance(means);
  if (between <= within) return {};
  return {looks_allowance * std::sqrt(between / count), count - 1};
}

}  // namespace ablate
