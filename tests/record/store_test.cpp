#include "ablate/record/store.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "record/examples.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <stdexcept>

using namespace ablate;
using examples::full_record;
using examples::has;
using examples::TemporaryDirectory;

namespace {

const std::string study = R"({"study": "notebook", "defaults": {"batch": 1}})";

Environment environment(int threads = 2) {
  Environment environment;
  environment.threads = threads;
  return environment;
}

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

void make_run(const std::filesystem::path& directory, const std::vector<std::string>& ids) {
  auto store = RunStore::create(directory, study, environment());
  for (const auto& id : ids) store.append(full_record(id));
}

/// In a process that is to be killed.
[[noreturn]] void append_for_ever(const std::filesystem::path& directory) {
  try {
    auto store = RunStore::resume(directory, study, environment(), false);
    for (auto next = store.records().size();; ++next) store.append(full_record(std::to_string(next)));
  } catch (...) {
    ::_exit(1);
  }
}

}  // namespace

TEST_CASE("records are on the disk as soon as they are appended", "[record]") {
  const TemporaryDirectory temporary;
  auto store = RunStore::create(temporary / "a/b", study, environment());
  store.append(full_record("1"));
  CHECK(read_records(temporary / "a/b").size() == 1);
  store.append(full_record("2"));
  CHECK(to_json(read_records(temporary / "a/b").at("2")) == to_json(full_record("2")));
  CHECK(read_environment(temporary / "a/b").threads == 2);
  CHECK(examples::read(temporary / "a/b/study.json") == study);
}

TEST_CASE("wherever the last line is cut off, resuming finds all before it and goes on", "[record]") {
  const TemporaryDirectory temporary;
  make_run(temporary / "run", {"1", "2"});
  const auto file = temporary / "run/records.jsonl";
  const auto whole = examples::read(file);
  const auto first = whole.substr(0, whole.find('\n') + 1);
  for (auto size = first.size(); size < whole.size(); ++size) {
    examples::write(file, whole.substr(0, size));
    REQUIRE(read_records(temporary / "run").size() == 1);
    auto store = RunStore::resume(temporary / "run", study, environment(), false);
    REQUIRE(store.records().size() == 1);
    REQUIRE(examples::read(file) == first);
    store.append(full_record("2"));
    REQUIRE(examples::read(file) == whole);
  }
}

TEST_CASE("a last line that the machine left as rubbish is removed too", "[record]") {
  const TemporaryDirectory temporary;
  make_run(temporary / "run", {"1"});
  const auto file = temporary / "run/records.jsonl";
  const auto whole = examples::read(file);
  examples::write(file, whole + std::string(50, '\0') + "\n");
  CHECK(RunStore::resume(temporary / "run", study, environment(), false).records().size() == 1);
  CHECK(examples::read(file) == whole);
}

TEST_CASE("any other line that cannot be read is an error with file and line", "[record]") {
  const TemporaryDirectory temporary;
  make_run(temporary / "run", {"1"});
  const auto file = temporary / "run/records.jsonl";
  const auto line = examples::read(file);
  examples::write(file, line + "rubbish\n" + line);
  const auto resume = [&] { RunStore::resume(temporary / "run", study, environment(), false); };
  CHECK(has(message_of(resume), "records.jsonl:2: no JSON object"));
  CHECK(has(message_of([&] { read_records(temporary / "run"); }), "records.jsonl:2"));
  examples::write(file, line + "{\"schema\":2}\n");
  CHECK(has(message_of(resume), "records.jsonl:2: /schema: 2"));
  CHECK(has(examples::read(file), "{\"schema\":2}"));
}

TEST_CASE("a second writer is kept out, in this process and in another", "[record]") {
  const TemporaryDirectory temporary;
  auto store = RunStore::create(temporary / "run", study, environment());
  const auto resume = [&] { RunStore::resume(temporary / "run", study, environment(), false); };
  CHECK(has(message_of(resume), "in use by another run"));
  const auto child = ::fork();
  if (child == 0) ::_exit(has(message_of(resume), "in use by another run") ? 0 : 1);
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  auto moved = std::move(store);
  CHECK(has(message_of(resume), "in use by another run"));
  moved.append(full_record());
  { const auto done = std::move(moved); }
  CHECK(message_of(resume) == "accepted");
}

TEST_CASE("a directory with a run, or with something else, is not taken for a new one", "[record]") {
  const TemporaryDirectory temporary;
  make_run(temporary / "run", {"1"});
  const auto create = [&](const std::string& name) {
    return message_of([&] { RunStore::create(temporary / name, study, environment()); });
  };
  CHECK(has(create("run"), "already holds a run; allowed: another directory, or --resume"));
  std::filesystem::create_directory(temporary / "photos");
  examples::write(temporary / "photos/cat.png", "cat");
  CHECK(has(create("photos"), "holds cat.png"));
  examples::write(temporary / "file", "");
  CHECK(create("file") != "accepted");
  CHECK(has(message_of([&] { RunStore::resume(temporary / "photos", study, environment(), false); }),
            "holds no run"));
  CHECK(has(message_of([&] { RunStore::resume(temporary / "nowhere", study, environment(), false); }),
            "holds no run"));
}

TEST_CASE("a run whose start was cut short starts again", "[record]") {
  const TemporaryDirectory temporary;
  make_run(temporary / "run", {});
  std::filesystem::remove(temporary / "run/study.json");
  examples::write(temporary / "run/.writing-study.json.17", "{");
  CHECK(message_of([&] { RunStore::resume(temporary / "run", study, environment(), false); }) == "accepted");
  std::filesystem::remove(temporary / "run/study.json");
  CHECK(message_of([&] { RunStore::create(temporary / "run", study, environment()); }) == "accepted");
  CHECK(examples::read(temporary / "run/study.json") == study);
}

TEST_CASE("another study or environment is refused, and the file left alone, unless forced", "[record]") {
  const TemporaryDirectory temporary;
  make_run(temporary / "run", {"1"});
  const auto cut = examples::read(temporary / "run/records.jsonl") + "{\"cut";
  examples::write(temporary / "run/records.jsonl", cut);
  const std::string other = R"({"defaults": {"batch": 2}, "study": "notebook"})";
  const auto resume = [&](const std::string& json, int threads, bool force) {
    return message_of([&] { RunStore::resume(temporary / "run", json, environment(threads), force); });
  };
  CHECK(has(resume(other, 2, false), "at \"/defaults/batch\" it has 1, the one given 2"));
  CHECK(has(resume(study, 8, false), "threads: 8, was 2"));
  CHECK(examples::read(temporary / "run/records.jsonl") == cut);
  CHECK(resume(R"({"defaults":{"batch":1},"study":"notebook"})", 2, false) == "accepted");
  CHECK(resume(other, 8, true) == "accepted");
  CHECK(examples::read(temporary / "run/study.json") == other);
  CHECK(read_environment(temporary / "run").threads == 2);
  CHECK(std::filesystem::exists(temporary / "run" / ("environment-" + hash(environment(8)) + ".json")));
}

TEST_CASE("a measured cell is not measured again, a skipped one may be", "[record]") {
  const TemporaryDirectory temporary;
  auto store = RunStore::create(temporary / "run", study, environment());
  auto record = full_record("1");
  record.status = Status::skipped;
  store.append(record);
  record.status = Status::ok;
  store.append(record);
  CHECK_THROWS_AS(store.append(record), std::logic_error);
  CHECK(read_records(temporary / "run").at("1").status == Status::ok);
}

TEST_CASE("killed at any moment, a run keeps every record it had finished", "[record]") {
  const TemporaryDirectory temporary;
  const auto directory = temporary / "run";
  { const auto begun = RunStore::create(directory, study, environment()); }
  std::size_t known = 0;
  std::uintmax_t size = 0;
  for (useconds_t round = 0; round < 10; ++round) {
    const auto child = ::fork();
    if (child == 0) append_for_ever(directory);
    // Every other time not before it writes, however long that takes.
    while (round % 2 == 1 && std::filesystem::file_size(directory / "records.jsonl") <= size) {
      REQUIRE(::waitpid(child, nullptr, WNOHANG) == 0);
      ::usleep(500);
    }
    ::usleep(1700 * round);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto records = RunStore::resume(directory, study, environment(), false).records();
    REQUIRE(records.size() >= known);
    known = records.size();
    size = std::filesystem::file_size(directory / "records.jsonl");
    const auto text = examples::read(directory / "records.jsonl");
    REQUIRE(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == known);
    for (std::size_t i = 0; i < known; ++i) REQUIRE(records.contains(std::to_string(i)));
  }
  CHECK(known >= 5);
}

TEST_CASE("a file is replaced whole or not at all", "[record]") {
  const TemporaryDirectory temporary;
  write_atomically(temporary / "a.txt", "first");
  write_atomically(temporary / "a.txt", "second");
  CHECK(examples::read(temporary / "a.txt") == "second");
  CHECK_THROWS_AS(write_atomically(temporary / "none/a.txt", "text"), UserError);
  std::filesystem::create_directory(temporary / "directory");
  CHECK_THROWS_AS(write_atomically(temporary / "directory", "text"), UserError);
  CHECK(std::distance(std::filesystem::directory_iterator(temporary.path()), {}) == 2);
}
