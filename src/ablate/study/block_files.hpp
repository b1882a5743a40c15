#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace ablate {

/// Inside the study room: writes into a study what its files are, before it is read. Every block of a variant
/// that is a file gets an absolute path (one that is relative is so to the folder of the study, `file`) and,
/// where it has none, the hash of its content. So the copy beside the records finds the file again, tells a
/// changed one, and can be read where there is no such file. Throws UserError for one that cannot be read.
/// Opens no file but to hash it.
void pin_block_files(nlohmann::ordered_json& document, const std::string& file);

}  // namespace ablate
