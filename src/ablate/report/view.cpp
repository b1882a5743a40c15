#include "ablate/report/view.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {

std::string phrase(const std::string& dimension, const std::string& label) {
  static const std::vector<std::string> plain{"variant", "group", "form", "device", "dtype", "resolution"};
  if (std::ranges::find(plain, dimension) != plain.end()) return label;
  return dimension == "channels" ? label + " channels" : dimension + " " + label;
}

std::string counted(std::size_t count, const std::string& thing) {
  return fmt::format("{} {}{}", with_thousands(static_cast<std::int64_t>(count)), thing,
                     count == 1 ? "" : "s");
}

std::string placeholder(const Record* record) {
  if (!record) return "not run";
  if (record->status == Status::skipped) return "skipped";
  return record->status == Status::failed ? "failed" : "—";
}

}  // namespace ablate
