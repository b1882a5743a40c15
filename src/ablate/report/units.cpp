#include "ablate/report/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace ablate {
namespace {

const std::vector<Unit>& units_of(const std::string& si) {
  static const std::vector<Unit> none{{"", 1}};
  static const std::vector<Unit> times{{"s", 1}, {"ms", 1e3}, {"µs", 1e6}, {"ns", 1e9}};
  static const std::vector<Unit> bytes{
      {"GiB", 1.0 / (1 << 30)}, {"MiB", 1.0 / (1 << 20)}, {"KiB", 1.0 / (1 << 10)}, {"B", 1}};
  static const std::vector<Unit> operations{
      {"TFLOP/s", 1e-12}, {"GFLOP/s", 1e-9}, {"MFLOP/s", 1e-6}, {"FLOP/s", 1}};
  static const std::vector<Unit> traffic{{"TB/s", 1e-12}, {"GB/s", 1e-9}, {"MB/s", 1e-6}, {"B/s", 1}};
  static const std::vector<Unit> share{{"%", 100}};
  static const std::map<std::string, const std::vector<Unit>*> known{
      {"s", &times}, {"bytes", &bytes}, {"flop/s", &operations}, {"byte/s", &traffic}, {"%", &share}};
  const auto found = known.find(si);
  return found == known.end() ? none : *found->second;
}

/// Order of magnitude of `number` once it is rounded to `digits`: 9.99 at two digits is 10.
int magnitude(double number, int digits) {
  const auto text = fmt::format("{:.{}e}", number, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

}  // namespace

Unit unit_for(const std::string& si, std::vector<double> values) {
  const auto& units = units_of(si);
  std::erase_if(values, [](double value) { return !(value > 0); });
  if (values.empty()) return {};
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  const auto fits = [&](const Unit& unit) { return *middle * unit.per_si >= 1; };
  const auto found = std::ranges::find_if(units, fits);
  return found == units.end() ? units.back() : *found;
}

int decimals_for(double number, double error) {
  constexpr int fewest = 2, most = 4;
  if (number == 0) return 0;
  const auto last_digit = error > 0 ? static_cast<int>(std::floor(std::log10(error))) : -300;
  const auto digits = std::clamp(magnitude(number, most) - last_digit + 1, fewest, most);
  return digits - 1 - magnitude(number, digits);
}

std::string rounded(double number, int decimals) {
  if (decimals >= 0) return fmt::format("{:.{}f}", number, decimals);
  const auto step = std::pow(10.0, -decimals);
  return fmt::format("{:.0f}", std::round(number / step) * step);
}

std::string as_percent(double fraction, double error) {
  return fmt::format("{:+.{}f}%", 100 * fraction, error < 0.01 ? 1 : 0);
}

}  // namespace ablate
