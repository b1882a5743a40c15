#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/record/record.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace ablate {

/// Records by cell id.
using Records = std::map<std::string, Record>;

/// The room `record` is what lies between measuring and reporting: tables, comparisons and checks read what
/// stands here and nothing else, on any machine, as often as they like.
///
/// A run's directory: `records.jsonl`, `environment.json`, `study.json`, and the tables made from them.
/// Writing appends one line a record and flushes it to the disk, so that a killed run loses at most the cell
/// under way. One process writes at a time: a lock on the directory keeps a second one out. `study.json` is
/// written last: a directory without it holds no run yet, whenever its maker was killed.
class RunStore {
 public:
  /// Makes the directory, or takes an empty one. Throws UserError where it holds a run, or other files.
  static RunStore create(const std::filesystem::path& directory, const std::string& study_json,
                         const Environment& environment);

  /// Opens an unfinished run to go on with. A last line that was cut off is removed; any other unreadable
  /// line is an error. Throws UserError where the study or the environment is another one, unless `force`:
  /// then the study is replaced, and the environment stands beside the first one as `environment-HASH.json`.
  /// Begins the run where `create` was killed before it had begun.
  static RunStore resume(const std::filesystem::path& directory, const std::string& study_json,
                         const Environment& environment, bool force);

  RunStore(RunStore&&) noexcept;
  RunStore& operator=(RunStore&&) noexcept;
  ~RunStore();

  /// Throws std::logic_error for a cell that has been measured (one that was skipped or failed may be tried
  /// again, and the later line counts), UserError where the disk does not take the line; it is then left out
  /// whole.
  void append(const Record& record);

  /// Appends a better record of a cell that has one: later lines count.
  void replace(const Record& record);

  const Records& records() const { return records_; }
  const std::filesystem::path& directory() const { return directory_; }

 private:
  explicit RunStore(const std::filesystem::path& directory);  ///< locks it
  void begin(const std::string& study_json, const Environment& environment);
  void go_on(const std::string& study_json, const Environment& environment, bool force);

  std::filesystem::path directory_;
  Records records_;
  int file_ = -1, lock_ = -1;  ///< file descriptors; -1 once moved from
};

/// Reads a finished or unfinished run; never writes. A last line that was cut off is left out; of two lines
/// for one cell the later one counts. Throws UserError for a directory without records and for any other line
/// that cannot be read, naming file and line.
Records read_records(const std::filesystem::path& directory);
Environment read_environment(const std::filesystem::path& directory);

/// Writes to a temporary file beside `file`, then renames it. Throws UserError where that cannot be done.
void write_atomically(const std::filesystem::path& file, const std::string& text);

}  // namespace ablate
