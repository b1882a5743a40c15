#include "drawings.hpp"

#include "ablate/record/store.hpp"
#include "ablate/report/html_report.hpp"
#include "rasterise.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ablate::cli {

void DrawingArguments::add_to(CLI::App& command, const std::string& page) {
  command.add_flag("--html", html, fmt::format("Write {}: a page that is one file", page));
  command.add_option("--html-file", html_file, "Write the page into this file instead");
  command.add_option(
      "--figures", figures,
      "Write every picture into this directory as SVG, and as PNG where rsvg-convert is found");
}

Drawings DrawingArguments::at(const std::filesystem::path& beside) const {
  return {html && html_file.empty() ? beside.string() : html_file, figures};
}

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
