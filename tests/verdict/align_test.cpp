#include "ablate/verdict/align.hpp"

#include "catch.hpp"
#include "verdict/compared_runs.hpp"

using namespace ablate;

namespace {

/// A run whose cells have the ids that their keys give.
ComparedRun in_form(Form form, std::uint64_t seed) {
  std::vector<Record> records;
  for (const std::int64_t size : {32, 64}) {
    auto record = examples::measured("x", 1e-3, seed);
    record.cell.form = form;
    record.cell.resolution = {size, size};
    record.cell.id = key(record.cell);
    records.push_back(std::move(record));
  }
  return examples::run_of(std::string(name(form)), records);
}

}  // namespace

TEST_CASE("a run of one form is laid over a run of another", "[overlay]") {
  std::vector<ComparedRun> runs{in_form(Form::deploy, 1), in_form(Form::fused, 2)};
  CHECK((align(runs) == std::vector<std::string>{"form"}));
  for (const auto& [id, record] : runs[0].records) CHECK(runs[1].records.contains(id));
}

TEST_CASE("runs of the same forms stay as they are", "[overlay]") {
  std::vector<ComparedRun> runs{in_form(Form::deploy, 1), in_form(Form::deploy, 2)};
  CHECK(align(runs).empty());
}
