#include "ablate/record/environment.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"

using namespace ablate;

namespace {

Environment example() {
  Environment environment;
  environment.cpu = "Some CPU";
  environment.cores = 8;
  environment.threads = 2;
  environment.cudnn_benchmark = true;
  environment.time = "2025-01-01T00:00:00Z";
  return environment;
}

}  // namespace

TEST_CASE("an environment comes back from its file", "[record]") {
  const auto back = environment_from_json(to_json(example()), "environment.json");
  CHECK(to_json(back) == to_json(example()));
  CHECK(back.time == example().time);
  CHECK(differences(back, example()).empty());
}

TEST_CASE("the time tells no environment from another", "[record]") {
  auto later = example();
  later.time = "2026-01-01T00:00:00Z";
  CHECK(hash(later) == hash(example()));
  CHECK(differences(later, example()).empty());
}

TEST_CASE("differences name the field, what it is and what it was", "[record]") {
  auto other = example();
  other.threads = 8;
  other.gpu = "Some GPU";
  CHECK(hash(other) != hash(example()));
  CHECK(differences(example(), other) ==
        std::vector<std::string>{"threads: 2, was 8", "gpu: unknown, was Some GPU"});
}

TEST_CASE("an environment that is none is refused with its place", "[record]") {
  CHECK_THROWS_AS(environment_from_json("[", "environment.json"), UserError);
  CHECK_THROWS_AS(environment_from_json(R"({"cores": "two"})", "environment.json"), UserError);
  CHECK(environment_from_json("{}", "environment.json").cpu.empty());
}
