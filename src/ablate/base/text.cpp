#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace ablate {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string join(std::span<const std::string> items, std::string_view separator) {
  std::string text;
  for (const auto& item : items) {
    if (&item != &items.front()) text += separator;
    text += item;
  }
  return text;
}

std::string_view nearest(std::string_view word, std::span<const std::string> candidates) {
  const auto distance = [&](const std::string& candidate) { return edit_distance(word, candidate); };
  const auto best = std::ranges::min_element(candidates, {}, distance);
  if (best == candidates.end() || distance(*best) > std::max<std::size_t>(1, word.size() / 3)) return {};
  return *best;
}

std::string choices(std::string_view word, std::span<const std::string> candidates) {
  if (candidates.empty()) return "nothing";
  const auto meant = nearest(word, candidates);
  auto list = join(candidates);
  return meant.empty() ? list : fmt::format("{} (did you mean {}?)", list, meant);
}

std::string with_thousands(std::int64_t number) {
  auto digits = fmt::format("{}", number);
  const auto first = digits.front() == '-' ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string in_ascii(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 21> signs{
      {{"±", "+/-"}, {"×", "x"},  {"→", "->"}, {"µ", "u"}, {"—", "-"}, {"–", "-"}, {"…", "..."},
       {"≤", "<="},  {"≥", ">="}, {"≈", "~"},  {"−", "-"}, {"─", "-"}, {"═", "="}, {"│", "|"},
       {"█", "#"},   {"░", "."},  {"·", "."},  {"Δ", "d"}, {"²", "2"}, {"’", "'"}, {"‑", "-"}}};
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto sign =
        std::ranges::find_if(signs, [&](const auto& each) { return rest.starts_with(each.first); });
    plain += sign == signs.end() ? rest.substr(0, 1) : sign->second;
    at += sign == signs.end() ? 1 : sign->first.size();
  }
  return plain;
}

std::size_t columns_of(std::string_view text) {
  // Bytes that continue a UTF-8 sequence take none.
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string clipped(std::string_view text, std::size_t most, std::string_view mark) {
  if (columns_of(text) <= most) return std::string(text);
  std::size_t end = 0, columns = 0;
  while (end < text.size()) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && ++columns >= std::max<std::size_t>(most, 1)) break;
    ++end;
  }
  return std::string(text.substr(0, end)).append(mark);
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

std::string hex(std::uint64_t number) { return fmt::format("{:016x}", number); }

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto end = text.find(separator);
    pieces.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return pieces;
}

}  // namespace ablate
