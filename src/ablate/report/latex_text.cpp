#include "ablate/report/latex_text.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>
#include <map>

namespace ablate {
namespace {

/// Braces end each command, so that a letter behind it is no part of its name.
const std::map<char32_t, std::string_view>& commands() {
  static const std::map<char32_t, std::string_view> known{{U'\\', "\\textbackslash{}"},
                                                          {U'{', "\\{"},
                                                          {U'}', "\\}"},
                                                          {U'$', "\\$"},
                                                          {U'&', "\\&"},
                                                          {U'#', "\\#"},
                                                          {U'%', "\\%"},
                                                          {U'_', "\\_"},
                                                          {U'^', "\\textasciicircum{}"},
                                                          {U'~', "\\textasciitilde{}"},
                                                          {U'<', "\\textless{}"},
                                                          {U'>', "\\textgreater{}"},
                                                          {U'|', "\\textbar{}"},
                                                          {U'"', "\\textquotedbl{}"},
                                                          {U'`', "\\textasciigrave{}"},
                                                          {U'µ', "\\textmu{}"},
                                                          {U'μ', "\\textmu{}"},
                                                          {U'×', "\\texttimes{}"},
                                                          {U'±', "\\textpm{}"},
                                                          {U'·', "\\textperiodcentered{}"},
                                                          {U'–', "\\textendash{}"},
                                                          {U'—', "\\textemdash{}"},
                                                          {U'−', "$-$"},
                                                          {U'→', "$\\to$"},
                                                          {U'↑', "$\\uparrow$"},
                                                          {U'↓', "$\\downarrow$"},
                                                          {U'≤', "$\\leq$"},
                                                          {U'≥', "$\\geq$"},
                                                          {U'≈', "$\\approx$"},
                                                          {U'∞', "$\\infty$"},
                                                          {U'²', "\\texttwosuperior{}"},
                                                          {U'…', "\\textellipsis{}"},
                                                          {U'’', "{'}"}};
  return known;
}

/// The character that begins at `text[at]`, which is moved behind it; U+FFFD for bytes that are no UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0 || at + more > text.size()) return U'\uFFFD';
  auto character = static_cast<char32_t>(first & (0x3F >> more));
  for (std::size_t i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return U'\uFFFD';
    character = character << 6 | (byte & 0x3F);
  }
  at += more;
  return character;
}

/// Accented letters of the Latin-1 and Latin Extended-A blocks, which LaTeX's own fonts can set.
bool is_latin_letter(char32_t character) {
  return (character >= U'À' && character <= U'ž') && character != U'×' && character != U'÷';
}

/// Two of these in a row are one sign in LaTeX's fonts; and what follows a line break of a table must not
/// look like its argument.
bool would_join(char32_t before, char32_t character) {
  if (before == 0) return character == U'[' || character == U'*';
  return before == character && (character == U'-' || character == U'\'' || character == U',');
}

/// A hyphen before a number, with nothing or an opening before it.
bool is_minus(char32_t before, std::string_view rest) {
  const bool opens = before == 0 || before == U' ' || before == U'[' || before == U'(';
  return opens && rest.size() > 1 && rest[0] == '-' && std::isdigit(static_cast<unsigned char>(rest[1])) != 0;
}

}  // namespace

std::string latex_text(std::string_view text) {
  std::string safe;
  char32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto character = next_character(text, at);
    if (would_join(before, character)) safe += "{}";
    if (is_minus(before, text.substr(begin)))
      safe += "$-$";
    else if (const auto command = commands().find(character); command != commands().end())
      safe += command->second;
    else if (character < 0x20 || character == 0x7F || character == U'\u00A0')
      safe += ' ';
    else if (character < 0x7F || is_latin_letter(character))
      safe += text.substr(begin, at - begin);
    else
      safe += fmt::format("{}U+{:04X}]", begin == 0 ? "{[}" : "[", static_cast<std::uint32_t>(character));
    before = character;
  }
  return safe;
}

}  // namespace ablate
