#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ablate::cli {

/// A PNG of 300 dots an inch beside each SVG file, by `rsvg-convert`. Returns why there are none, or not all:
/// empty where each was made.
std::string rasterise(const std::vector<std::filesystem::path>& svg_files);

}  // namespace ablate::cli
