#include "ablate/record/files.hpp"

#include "ablate/base/error.hpp"
#include "ablate/record/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace ablate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_prefix = ".writing-";

/// Bytes written of `text` before the system refused; all of them where it did not.
std::size_t write_all(int descriptor, std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    done += static_cast<std::size_t>(written);
  }
  return done;
}

void flush(int descriptor, const fs::path& file) {
  while (::fdatasync(descriptor) != 0)
    if (errno != EINTR) fail(file, errno);
}

std::size_t size_of(int descriptor, const fs::path& file) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail(file, errno);
  return static_cast<std::size_t>(status.st_size);
}

/// Closes on every way out, since flushing throws.
struct Descriptor {
  int number;
  ~Descriptor() { ::close(number); }
};

}  // namespace

void fail(const fs::path& file, int error) {
  throw UserError(file.string(), std::generic_category().message(error),
                  "a place that can be read and written");
}

int open_file(const fs::path& file, int flags) {
  const int descriptor = ::open(file.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(file, errno);
  return descriptor;
}

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) throw UserError(file.string(), "cannot be read", "a readable file");
  return {std::istreambuf_iterator<char>(stream), {}};
}

void make_directories(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) fail(directory, error.value());
  if (directory.has_parent_path()) sync_directory(directory.parent_path());
}

void sync_directory(const fs::path& directory) {
  const Descriptor descriptor{open_file(directory, O_RDONLY | O_DIRECTORY)};
  // Some network and container file systems have no fsync for directories: nothing a user could mend.
  if (::fsync(descriptor.number) != 0 && errno != EINVAL && errno != ENOTSUP) fail(directory, errno);
}

void truncate_file(int descriptor, const fs::path& file, std::size_t bytes) {
  if (size_of(descriptor, file) <= bytes) return;
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) fail(file, errno);
  flush(descriptor, file);
}

void append_line(int descriptor, const fs::path& file, const std::string& line) {
  const auto before = size_of(descriptor, file);
  if (write_all(descriptor, line) != line.size()) {
    const auto error = errno;
    truncate_file(descriptor, file, before);
    fail(file, error);
  }
  flush(descriptor, file);
}

bool is_temporary(const std::string& filename) { return filename.starts_with(temporary_prefix); }

void write_atomically(const fs::path& file, const std::string& text) {
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const auto temporary =
      directory / fmt::format("{}{}.{}", temporary_prefix, file.filename().string(), ::getpid());
  try {
    const Descriptor descriptor{open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC)};
    if (write_all(descriptor.number, text) != text.size()) fail(file, errno);
    flush(descriptor.number, file);
  } catch (const UserError&) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const auto error = errno;
    ::unlink(temporary.c_str());
    fail(file, error);
  }
  sync_directory(directory);
}

}  // namespace ablate
