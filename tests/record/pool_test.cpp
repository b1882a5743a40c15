#include "ablate/record/pool.hpp"

#include "catch.hpp"
#include "record/examples.hpp"

using namespace ablate;
using examples::full_record;

namespace {

Record process(double level) {
  auto record = full_record();
  record.latency = summarise({level, 2 * level, 3 * level});
  record.device = record.latency;
  record.graph.reset();
  record.pairing->ends = {1, 3};
  record.pairing->process_ends.clear();
  record.pairing->twin->host = record.latency;
  record.disturbed.clear();
  return record;
}

}  // namespace

TEST_CASE("pooled processes keep every sample and where each process ends", "[record]") {
  const auto pooled = pool_processes({process(1), process(2)});
  CHECK((pooled.latency->samples == std::vector<double>{1, 2, 3, 2, 4, 6}));
  CHECK((pooled.pairing->ends == std::vector<std::size_t>{1, 3, 4, 6}));
  CHECK((pooled.pairing->process_ends == std::vector<std::size_t>{3, 6}));
  CHECK(pooled.pairing->twin->host->samples.size() == 6);
  CHECK(pooled.launch->samples.size() == 6);
  CHECK(pooled.launch->calls == 32);
  CHECK(pooled.pairing->set_aside == 16);
  CHECK(pooled.disturbed.empty());
}

TEST_CASE("a clock that one process lacks is left out of the pool", "[record]") {
  auto second = process(2);
  second.device.reset();
  const auto pooled = pool_processes({process(1), second});
  CHECK_FALSE(pooled.device);
  CHECK(pooled.latency->samples.size() == 6);
}

TEST_CASE("a cell that failed in one process has failed, and the process is named", "[record]") {
  auto second = process(2);
  second.status = Status::failed;
  second.reason = "out of memory";
  CHECK(pool_processes({process(1), second}).reason == "in process 2: out of memory");
}

TEST_CASE("outputs that differ between processes are not hidden", "[record]") {
  auto second = process(2);
  second.output = "another";
  CHECK(pool_processes({process(1), second}).disturbed.size() == 1);
}
