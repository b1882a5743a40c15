#include "ablate/report/ticks.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

namespace ablate {
namespace {

/// The least round step that is no smaller than `step`.
double round_step(double step) {
  const auto power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double times : {1.0, 2.0, 5.0})
    if (step <= times * power * (1 + 1e-9)) return times * power;
  return 10 * power;
}

/// Every power of ten between the ends, times each of `factors`.
std::vector<double> decades(double low, double high, std::span<const double> factors) {
  std::vector<double> ticks;
  const auto first = static_cast<int>(std::floor(std::log10(low)));
  const auto last = static_cast<int>(std::ceil(std::log10(high)));
  for (auto power = first; power <= last; ++power)
    for (const auto factor : factors)
      if (const auto tick = factor * std::pow(10.0, power);
          tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
        ticks.push_back(tick);
  return ticks;
}

std::string superscript(int number) {
  static constexpr std::array<const char*, 10> digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const auto digit : std::to_string(std::abs(number)))
    text += digits[static_cast<std::size_t>(digit - '0')];
  return text;
}

}  // namespace

std::vector<double> linear_ticks(double low, double high, std::size_t most) {
  if (!(high > low)) return {low};
  const auto intervals = static_cast<double>(most < 2 ? 1 : most - 1);
  const auto step = round_step((high - low) / intervals);
  std::vector<double> ticks;
  const auto first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (auto n = first; n <= last; ++n) ticks.push_back(n == 0 ? 0 : n * step);
  return ticks;
}

std::vector<double> log_ticks(double low, double high, std::size_t most) {
  if (!(low > 0) || !(high >= low)) return {};
  static constexpr std::array<double, 3> one_two_five{1, 2, 5};
  static constexpr std::array<double, 2> one_three{1, 3};
  static constexpr std::array<double, 1> one{1};
  for (const auto factors : {std::span<const double>(one_two_five), std::span<const double>(one_three),
                             std::span<const double>(one)}) {
    const auto ticks = decades(low, high, factors);
    if (ticks.size() > most) continue;
    return ticks.size() >= 3 || high / low > 20 ? ticks : linear_ticks(low, high, most);
  }
  const auto ticks = decades(low, high, one);
  const auto stride = (ticks.size() + most - 1) / most;
  std::vector<double> thinned;
  for (std::size_t i = 0; i < ticks.size(); i += stride) thinned.push_back(ticks[i]);
  return thinned;
}

std::string tick_text(double value) {
  if (value == 0) return "0";
  const auto size = std::abs(value);
  if (size >= 1e6 || size < 1e-4) {
    const auto power = static_cast<int>(std::floor(std::log10(size) + 1e-9));
    const auto digits = fmt::format("{:.3g}", value / std::pow(10.0, power));
    if (digits == "1") return "10" + superscript(power);
    return fmt::format("{}·10{}", digits, superscript(power));
  }
  if (size >= 1000 && value == std::round(value)) return with_thousands(static_cast<std::int64_t>(value));
  return fmt::format("{:.4g}", value);
}

}  // namespace ablate
