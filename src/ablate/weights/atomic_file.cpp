#include "ablate/weights/atomic_file.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>

namespace ablate {
namespace {

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

/// Not made from the target's name, which may be as long as a name can be already.
std::filesystem::path temporary_in(const std::filesystem::path& directory) {
  std::random_device random;
  return directory / (".ablate-" + hex((std::uint64_t{random()} << 32) | random()) + ".tmp");
}

/// The rename is kept by the directory, not by the file. Some file systems cannot sync one; the file is
/// complete all the same.
void sync_directory(const std::filesystem::path& directory) {
  const auto handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  std::error_code ignored;
  const auto status = std::filesystem::status(target_, ignored);
  if (!target_.has_filename() || (exists(status) && !is_regular_file(status)))
    throw UserError(target_.empty() ? "file to write" : target_.string(), "is no regular file",
                    "the path of a file, new or to be replaced");
  for (int attempt = 0; file_ < 0 && attempt < 100; ++attempt) {
    temporary_ = temporary_in(directory_of(target_));
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0 && errno != EEXIST) break;
  }
  if (file_ < 0) {
    const auto error = errno;
    temporary_.clear();
    fail(error);
  }
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  constexpr std::size_t most = std::size_t{1} << 30;  // Linux takes no more than 2 GiB at once
  for (auto* rest = static_cast<const char*>(data); bytes > 0;) {
    const auto written = ::write(file_, rest, std::min(bytes, most));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    rest += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(file_) != 0) fail(errno);
  close();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
  sync_directory(directory_of(target_));
}

void AtomicFile::close() {
  const auto result = ::close(file_);
  file_ = -1;  // closed even where it failed
  if (result != 0) fail(errno);
}

void AtomicFile::fail(int error) const {
  throw UserError(target_.string(), "cannot be written: " + std::generic_category().message(error),
                  "a path in an existing directory that can be written, with room on its disk");
}

}  // namespace ablate
