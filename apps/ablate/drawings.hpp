#pragma once

#include "ablate/report/figure.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ablate::cli {

/// Where a report goes besides to stdout; empty: nowhere.
struct Drawings {
  std::string html_file;  ///< a page
  std::string directory;  ///< pictures
};

/// --html, --html-file and --figures.
struct DrawingArguments {
  bool html = false;
  std::string html_file, figures;

  /// `page` completes "Write …": what the page is called, and where it goes.
  void add_to(CLI::App& command, const std::string& page);
  /// `beside`: where --html writes.
  Drawings at(const std::filesystem::path& beside) const;
};

/// Makes and writes what is asked for, and says on stderr where it is.
void write_drawings(const Drawings& drawings, const std::function<std::string()>& page,
                    const std::function<std::vector<Figure>()>& figures);

}  // namespace ablate::cli
