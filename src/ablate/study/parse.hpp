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
};

/// A study and the JSON text that gives it again: overrides are written into it, so that a copy beside the
/// records needs no other word.
struct ParsedStudy {
  Study study;
  std::string json;
};

/// Reads and checks a study file. Throws UserError with the file, the JSON pointer, the value and what is
/// allowed; a file that cannot be read or is not JSON likewise (line and column).
ParsedStudy parse_study(const std::filesystem::path& file, const std::vector<BlockSpec>& blocks,
                        const Overrides& overrides = {});

/// The same from text; `file` is what errors name.
ParsedStudy parse_study_text(const std::string& text, const std::string& file,
                             const std::vector<BlockSpec>& blocks, const Overrides& overrides = {});

}  // namespace ablate
