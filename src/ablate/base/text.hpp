#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ablate {

/// "a, b, c".
std::string join(std::span<const std::string> items, std::string_view separator = ", ");

/// The candidate that `word` most likely meant, by edit distance; empty where none is near.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

/// What may stand in place of `word`: "a, b, c (did you mean b?)".
std::string choices(std::string_view word, std::span<const std::string> candidates);

/// "43,584".
std::string with_thousands(std::int64_t number);

/// 64-bit FNV-1a: stable over platforms and runs, so that ids and seeds made from it are too.
std::uint64_t stable_hash(std::string_view text);

/// Sixteen hexadecimal digits.
std::string hex(std::uint64_t number);

/// `pieces` of "a.b.c"; an empty text has none.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace ablate
