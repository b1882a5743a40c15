#include "terminal.hpp"

#include "ablate/base/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

namespace ablate::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : std::string_view();
}

}  // namespace

bool has_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (std::string locale(variable(name)); !locale.empty()) {
      // By its name: a terminal reached from afar shows UTF-8 although the locale is not installed here.
      std::erase(locale, '-');
      std::ranges::transform(locale, locale.begin(),
                             [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      return locale.find("utf8") != std::string::npos;
    }
  return false;
}

bool is_terminal(std::FILE* stream) {
  const auto term = variable("TERM");
  return isatty(fileno(stream)) && !term.empty() && term != "dumb";
}

bool has_colour(std::FILE* stream) { return is_terminal(stream) && variable("NO_COLOR").empty(); }

std::size_t columns_of(std::FILE* stream) {
  if (!isatty(fileno(stream))) return 0;
  if (const auto given = std::atoi(std::string(variable("COLUMNS")).c_str()); given > 0)
    return static_cast<std::size_t>(given);
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

TextStyle table_style() { return {columns_of(stdout), has_unicode()}; }

void say(std::FILE* stream, const std::string& text) {
  const auto shown = has_unicode() ? text : in_ascii(text);
  std::fwrite(shown.data(), 1, shown.size(), stream);
}

}  // namespace ablate::cli
