#pragma once

#include <cstddef>
#include <filesystem>

namespace ablate {

/// A file that appears complete or not at all: it is written under a name of its own in the directory of
/// `target`, and takes that name's place only on `commit`. Without it, nothing is left. All errors are
/// UserErrors naming `target`.
class AtomicFile {
 public:
  /// Refuses a `target` that exists and is no regular file: a device or a directory must not be replaced.
  explicit AtomicFile(std::filesystem::path target);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(const void* data, std::size_t bytes);

  /// On the disk when it returns, as far as the system can tell.
  void commit();

 private:
  void close();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path target_, temporary_;
  int file_ = -1;
};

}  // namespace ablate
