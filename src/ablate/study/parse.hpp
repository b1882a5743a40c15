#pragma once

#include "ablate/study/study.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ablate {

/// What the command line changes of a study file before it is read.
struct Overrides {
  std::vector<std::string>
      set;  ///< "sections.channels.axes.channels=[32,64]": a path, by id in lists, and JSON
  Selection selection;
  std::vector<std::string> plugins{};  ///< beside those that the study names
};

/// A study and the JSON text that gives it again: overrides are written into it, so that a copy beside the
/// records needs no other word.
struct ParsedStudy {
  Study study;
  std::string json;
};

/// The plugins that a study names, and those of `overrides`, as absolute paths: they must be loaded before
/// the study can be read, since it may name their blocks. The study file's own are relative to it. Throws as
/// parse_study.
std::vector<std::filesystem::path> plugins_of(const std::filesystem::path& file,
                                              const Overrides& overrides = {});

/// Reads and checks a study file. Throws UserError with the file, the JSON pointer, the value and what is
/// allowed; a file that cannot be read or is not JSON likewise (line and column).
ParsedStudy parse_study(const std::filesystem::path& file, const std::vector<BlockSpec>& blocks,
                        const Overrides& overrides = {});

/// The same from text; `file` is what errors name.
ParsedStudy parse_study_text(const std::string& text, const std::string& file,
                             const std::vector<BlockSpec>& blocks, const Overrides& overrides = {});

}  // namespace ablate
