#include "drawings.hpp"

#include "ablate/record/store.hpp"
#include "ablate/report/html_report.hpp"
#include "rasterise.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ablate::cli {

void write_drawings(const Drawings& drawings, const std::function<std::string()>& page,
                    const std::function<std::vector<Figure>()>& figures) {
  if (!drawings.html_file.empty()) {
    write_atomically(drawings.html_file, page());
    fmt::print(stderr, "page: {}\n", drawings.html_file);
  }
  if (drawings.directory.empty()) return;
  const auto files = write_figures(drawings.directory, figures());
  fmt::print(stderr, "{} figures: {}\n", files.size(), drawings.directory);
  if (const auto why = rasterise(files); !why.empty()) fmt::print(stderr, "{}\n", why);
}

}  // namespace ablate::cli
