#pragma once

#include "ablate/report/figure.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ablate::cli {

/// Where a report goes besides to stdout; empty: nowhere.
struct Drawings {
  std::string html_file;  ///< a page
  std::string directory;  ///< pictures
};

/// Makes and writes what is asked for, and says on stderr where it is.
void write_drawings(const Drawings& drawings, const std::function<std::string()>& page,
                    const std::function<std::vector<Figure>()>& figures);

}  // namespace ablate::cli
