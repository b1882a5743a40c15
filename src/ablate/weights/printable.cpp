#include "ablate/weights/printable.hpp"

#include <fmt/format.h>

namespace ablate {

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string result = "\"";
  for (const unsigned char byte : text.substr(0, longest)) {
    if (byte == '"' || byte == '\\')
      result += fmt::format("\\{}", static_cast<char>(byte));
    else if (byte < 0x20 || byte > 0x7e)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += static_cast<char>(byte);
  }
  result += text.size() > longest ? "...\"" : "\"";
  return result;
}

}  // namespace ablate
