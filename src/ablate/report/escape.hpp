#pragma once

#include <string>
#include <string_view>

namespace ablate {

/// As text of HTML or SVG, and within quoted attributes: & < > " ' become references, and characters that XML
/// forbids a question mark.
std::string escape_markup(std::string_view text);

/// JSON as the content of a script element: nothing in it can end the element, or begin a comment.
std::string escape_script(std::string_view json);

}  // namespace ablate
