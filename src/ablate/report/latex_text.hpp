#pragma once

#include <string>
#include <string_view>

namespace ablate {

/// Text as LaTeX prints it, in the text's own font: what LaTeX would take for its own is escaped, signs of
/// this program's tables ("µ", "±", "×", "—") become commands that every engine knows. Letters of Latin
/// alphabets stay; any other character stands as "[U+1F600]", since pdfLaTeX stops at what it does not know.
/// Line breaks and control characters become spaces.
std::string latex_text(std::string_view text);

}  // namespace ablate
