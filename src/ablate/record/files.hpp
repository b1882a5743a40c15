#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace ablate {

/// Files as a run needs them: on the disk when a call returns, and never half written under their own name.
/// Every function throws UserError with the file's name and what the system said of it.

[[noreturn]] void fail(const std::filesystem::path& file, int error);

/// Descriptor of the file, for `flags` of open(2); closed in child processes.
int open_file(const std::filesystem::path& file, int flags);

std::string read_file(const std::filesystem::path& file);

void make_directories(const std::filesystem::path& directory);

/// After this the directory's entries survive a power cut.
void sync_directory(const std::filesystem::path& directory);

/// Cuts the file down to its first `bytes` and flushes that, if it is longer.
void truncate_file(int descriptor, const std::filesystem::path& file, std::size_t bytes);

/// Appends all of `line` in one write and flushes it, or leaves the file as it was. `descriptor` was opened
/// with O_APPEND.
void append_line(int descriptor, const std::filesystem::path& file, const std::string& line);

/// Whether `write_atomically` leaves files of this name where it is killed.
bool is_temporary(const std::string& filename);

}  // namespace ablate
