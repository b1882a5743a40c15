#include "ablate/record/store.hpp"

#include "ablate/base/error.hpp"
#include "ablate/base/text.hpp"
#include "ablate/record/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace ablate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path records_file(const fs::path& directory) { return directory / "records.jsonl"; }
fs::path environment_file(const fs::path& directory) { return directory / "environment.json"; }
fs::path study_file(const fs::path& directory) { return directory / "study.json"; }
fs::path lock_file(const fs::path& directory) { return directory / ".lock"; }

bool holds_run(const fs::path& directory) { return fs::exists(study_file(directory)); }

/// What `create` leaves behind when it is killed half-way; everything else is somebody's work.
bool left_by_create(const fs::directory_entry& entry) {
  const auto name = entry.path().filename().string();
  if (name == "records.jsonl") return entry.file_size() == 0;
  return name == ".lock" || name == "environment.json" || is_temporary(name);
}

/// Checked before anything is written: a directory that is refused stays as it was.
void require_free(const fs::path& directory) {
  if (holds_run(directory))
    throw UserError(directory.string(), "already holds a run",
                    fmt::format("another directory, or --resume {} to go on with it", directory.string()));
  for (const auto& entry : fs::directory_iterator(directory))
    if (!left_by_create(entry))
      throw UserError(directory.string(), fmt::format("holds {}", entry.path().filename().string()),
                      "a new or an empty directory");
}

/// Descriptor of the directory's lock, held until it is closed: also by the end of a killed process.
int lock(const fs::path& directory) {
  const auto file = lock_file(directory);
  const int descriptor = open_file(file, O_RDWR | O_CREAT);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  const auto error = errno;
  ::close(descriptor);
  if (error == EWOULDBLOCK)
    throw UserError(directory.string(), "in use by another run", "a directory that no run is writing to");
  fail(file, error);
}

/// Records of the text and how many of its bytes hold them: the rest is a last line that was cut off. A line
/// ends with its newline; one that is no JSON although it has one was cut off by the machine, not the
/// process.
struct Parsed {
  Records records;
  std::size_t bytes = 0;
};

Parsed parse_records(const std::string& text, const fs::path& file) {
  Parsed parsed;
  for (std::size_t number = 1; parsed.bytes < text.size(); ++number) {
    const auto end = text.find('\n', parsed.bytes);
    if (end == std::string::npos) break;
    const auto line = text.substr(parsed.bytes, end - parsed.bytes);
    if (end + 1 == text.size() && !json::accept(line)) break;
    auto record = record_from_json(line, fmt::format("{}:{}", file.string(), number));
    auto id = record.cell.id;
    parsed.records.insert_or_assign(std::move(id), std::move(record));
    parsed.bytes = end + 1;
  }
  return parsed;
}

std::string shortened(std::string text) {
  constexpr std::size_t longest = 60;
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

std::string value_at(const json& document, const std::string& pointer) {
  const json::json_pointer at(pointer);
  return document.contains(at) ? shortened(document.at(at).dump()) : "nothing";
}

void require_same_study(const fs::path& file, const std::string& study_json) {
  const auto then = json::parse(read_file(file), nullptr, false);
  const auto now = json::parse(study_json, nullptr, false);
  if (then.is_discarded()) throw UserError(file.string(), "not JSON", "the study that the run began with");
  const auto patch = json::diff(then, now);
  if (patch.empty()) return;
  const auto pointer = patch.front().at("path").get<std::string>();
  throw UserError(file.string(),
                  fmt::format("another study: at \"{}\" it has {}, the one given {}", pointer,
                              value_at(then, pointer), value_at(now, pointer)),
                  "the study that the run began with, or --force to go on with the one given");
}

void require_same_environment(const fs::path& file, const Environment& now) {
  const auto differing = differences(now, environment_from_json(read_file(file), file.string()));
  if (!differing.empty())
    throw UserError(file.string(), fmt::format("another environment ({})", join(differing, "; ")),
                    "the environment that the run began in, or --force to mix them");
}

}  // namespace

RunStore::RunStore(const fs::path& directory) : directory_(directory), lock_(lock(directory)) {}

RunStore RunStore::create(const fs::path& directory, const std::string& study_json,
                          const Environment& environment) {
  make_directories(directory);
  require_free(directory);
  RunStore store(directory);
  require_free(directory);  // again: another process may have begun a run until the lock was ours
  store.begin(study_json, environment);
  return store;
}

RunStore RunStore::resume(const fs::path& directory, const std::string& study_json,
                          const Environment& environment, bool force) {
  if (!holds_run(directory) && !fs::exists(lock_file(directory)))
    throw UserError(directory.string(), "holds no run", "the directory of an earlier run");
  RunStore store(directory);
  if (holds_run(directory)) {
    store.go_on(study_json, environment, force);
  } else {
    require_free(directory);
    store.begin(study_json, environment);
  }
  return store;
}

void RunStore::begin(const std::string& study_json, const Environment& environment) {
  write_atomically(environment_file(directory_), to_json(environment) + "\n");
  file_ = open_file(records_file(directory_), O_WRONLY | O_CREAT | O_APPEND);
  write_atomically(study_file(directory_), study_json);
  sync_directory(directory_);
}

void RunStore::go_on(const std::string& study_json, const Environment& environment, bool force) {
  if (!force) {
    require_same_study(study_file(directory_), study_json);
    require_same_environment(environment_file(directory_), environment);
  }
  const auto file = records_file(directory_);
  auto parsed = parse_records(read_file(file), file);
  if (force) {
    write_atomically(study_file(directory_), study_json);
    if (hash(environment) != hash(read_environment(directory_)))
      write_atomically(directory_ / fmt::format("environment-{}.json", hash(environment)),
                       to_json(environment) + "\n");
  }
  file_ = open_file(file, O_WRONLY | O_APPEND);
  truncate_file(file_, file, parsed.bytes);
  records_ = std::move(parsed.records);
}

RunStore::RunStore(RunStore&& other) noexcept
    : directory_(std::move(other.directory_)),
      records_(std::move(other.records_)),
      file_(std::exchange(other.file_, -1)),
      lock_(std::exchange(other.lock_, -1)) {}

RunStore& RunStore::operator=(RunStore&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(records_, other.records_);
  std::swap(file_, other.file_);
  std::swap(lock_, other.lock_);
  return *this;
}

RunStore::~RunStore() {
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
}

void RunStore::append(const Record& record) {
  const auto known = records_.find(record.cell.id);
  if (known != records_.end() && known->second.status == Status::ok)
    throw std::logic_error(fmt::format("cell {} is measured a second time", record.cell.id));
  replace(record);
}

void RunStore::replace(const Record& record) {
  append_line(file_, records_file(directory_), to_json(record) + "\n");
  records_.insert_or_assign(record.cell.id, record);
}

Records read_records(const fs::path& directory) {
  const auto file = records_file(directory);
  if (!fs::exists(file))
    throw UserError(directory.string(), "holds no records.jsonl", "the directory of a run");
  return parse_records(read_file(file), file).records;
}

Environment read_environment(const fs::path& directory) {
  const auto file = environment_file(directory);
  return environment_from_json(read_file(file), file.string());
}

}  // namespace ablate
