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

/// The text with the signs that this program prints (±, ×, →, µ, lines…) spelled in ASCII; other letters,
/// such as those of a study's names, stay as they are.
std::string in_ascii(std::string_view text);

/// Columns that UTF-8 text takes on a terminal. Wide scripts are not told apart.
std::size_t columns_of(std::string_view text);

/// The first `most` columns of a text, the last of them `mark`, of one column, where something is left out.
std::string clipped(std::string_view text, std::size_t most, std::string_view mark = "…");

/// 64-bit FNV-1a: stable over platforms and runs, so that ids and seeds made from it are too.
std::uint64_t stable_hash(std::string_view text);

/// Sixteen hexadecimal digits.
std::string hex(std::uint64_t number);

/// `pieces` of "a.b.c"; an empty text has none.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace ablate
