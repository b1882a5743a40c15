#include "ablate/record/record.hpp"

#include "ablate/base/error.hpp"
#include "ablate/record/values.hpp"
#include "catch.hpp"
#include "record/examples.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

using namespace ablate;
using examples::full_record;
using examples::has;

namespace {

std::string message_for(const std::string& line) {
  try {
    record_from_json(line, "records.jsonl:17");
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

std::set<std::string> keys(const nlohmann::json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.items()) names.insert(key);
  return names;
}

Record paired_record() {
  auto record = full_record();
  record.cell.protocol->kind = Sampling::paired;
  record.cell.protocol->clock = Clock::graph;
  record.cell.protocol->cache = Cache::cold;
  record.cell.protocol->precision = 0.02;
  record.cell.protocol->warmup = 0;
  record.cell.protocol->repeat = 1;
  return record;
}

}  // namespace

TEST_CASE("a paired protocol comes back from its line as it was", "[record]") {
  const auto record = paired_record();
  CHECK((record_from_json(to_json(record), "line").cell.protocol == record.cell.protocol));
}

TEST_CASE("a record of the first version, which knew one clock, is read as fixed and hot", "[record]") {
  auto record = full_record();
  const auto line = replaced(to_json(record), R"(,"cache":"hot")", "");
  CHECK((record_from_json(line, "line").cell.protocol == record.cell.protocol));
}

TEST_CASE("on the CPU every clock is the host's, on CUDA each is its own", "[record]") {
  auto record = full_record();
  CHECK(latency_on(record, Clock::device) == &*record.device);
  CHECK(latency_on(record, Clock::graph) == nullptr);
  CHECK(latency_on(record, Clock::launch) == &*record.launch);
  record.cell.device = "cpu";
  CHECK(latency_on(record, Clock::device) == &*record.latency);
  CHECK(latency_on(record, Clock::launch) == &*record.latency);
}

TEST_CASE("a record of a version that did not time launching is read, without that figure", "[record]") {
  auto record = full_record();
  record.launch.reset();
  const auto line = to_json(record);
  CHECK_FALSE(has(line, "launch_latency_s"));
  const auto back = record_from_json(line, "line");
  CHECK(latency_on(back, Clock::launch) == nullptr);
  CHECK_FALSE(value_of(back, "latency.launch"));
  CHECK(value_of(back, "latency.device") == back.device->median);
}

TEST_CASE("what launching takes is the median on its own clock, with that clock's error", "[record]") {
  const auto record = full_record();
  CHECK(clock_of("latency.launch") == Clock::launch);
  CHECK_FALSE(clock_of("latency.launch_ratio"));
  CHECK(value_of(record, "latency.launch") == record.launch->median);
  CHECK(error_of(record, "latency.launch") == Approx(record.launch->std / std::sqrt(3.0)));
}

TEST_CASE("a cell is launch-bound where the host takes well longer than the device", "[record]") {
  auto record = full_record();
  record.latency = summarise({3e-4});
  record.device = summarise({1e-4});
  CHECK(launch_bound(record).value() == 3e-4 / 1e-4);
  record.device = summarise({2.9e-4});
  CHECK_FALSE(launch_bound(record));
}

TEST_CASE("a record comes back from its line as it was", "[record]") {
  const auto record = full_record();
  const auto line = to_json(record);
  const auto back = record_from_json(line, "line");
  CHECK(line.find('\n') == std::string::npos);
  CHECK(to_json(back) == line);
  CHECK(back.cell.seed == record.cell.seed);
  CHECK(back.cell.options == record.cell.options);
  CHECK(back.cell.protocol == record.cell.protocol);
  CHECK(back.traits == record.traits);
  CHECK(back.latency->samples == record.latency->samples);
  CHECK(back.latency->mean == record.latency->mean);
  CHECK(back.launch->samples == record.launch->samples);
  CHECK(back.launch->calls == 32);
  CHECK(back.counts->macs == record.counts->macs);
  CHECK(back.pairing->ends == record.pairing->ends);
  CHECK(back.pairing->twin->host->samples == record.pairing->twin->host->samples);
}

TEST_CASE("options keep their types: 7, 7.0 and true are three values", "[record]") {
  const auto options = record_from_json(to_json(full_record()), "line").cell.options;
  CHECK(std::holds_alternative<std::int64_t>(options.at("kernel_size")));
  CHECK(std::holds_alternative<double>(options.at("dropout_rate")));
  CHECK(std::holds_alternative<bool>(options.at("bias")));
  CHECK(std::holds_alternative<std::string>(options.at("gate")));
}

TEST_CASE("what a record does not know is absent from its line", "[record]") {
  Record record;
  record.status = Status::skipped;
  record.reason = "CUDA is not available here";
  const auto line = to_json(record);
  for (const char* key : {"params", "macs", "latency_s", "protocol", "parts", "traits"})
    CHECK_FALSE(nlohmann::json::parse(line).contains(key));
  const auto back = record_from_json(line, "line");
  CHECK(back.status == Status::skipped);
  CHECK(back.reason == record.reason);
  CHECK_FALSE(back.counts.has_value());
  CHECK_FALSE(back.latency.has_value());
  CHECK_FALSE(back.cell.protocol.has_value());
}

TEST_CASE("a number that JSON has no word for is never written", "[record]") {
  auto record = full_record();
  record.latency->p95 = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(to_json(record), std::invalid_argument);
}

TEST_CASE("a reason in an unknown encoding does not lose the record", "[record]") {
  auto record = full_record();
  record.status = Status::failed;
  record.reason = "driver said \xff\xfe\nand died";
  CHECK(has(record_from_json(to_json(record), "line").reason, "and died"));
}

TEST_CASE("keys of a newer writer are left alone", "[record]") {
  const auto line = replaced(to_json(full_record()), "{", R"({"energy_j": {"mean": 1},)");
  CHECK(to_json(record_from_json(line, "line")) == to_json(full_record()));
}

TEST_CASE("a line that is no record says where, what and what may stand there", "[record]") {
  const auto line = to_json(full_record());
  CHECK(has(message_for("{"), "records.jsonl:17: no JSON object"));
  CHECK(has(message_for("[]"), "no JSON object"));
  CHECK(has(message_for(replaced(line, "\"schema\":1", "\"schema\":2")),
            "records.jsonl:17: /schema: 2; allowed: 1"));
  CHECK(has(message_for(replaced(line, "\"batch\":4", "\"batch\":0")),
            "/batch: 0; allowed: an integer, at least 1"));
  CHECK(has(message_for(replaced(line, "\"batch\":4", "\"batch\":4.5")), "/batch: 4.5"));
  CHECK(has(message_for(replaced(line, "\"form\":\"deploy\"", "\"form\":\"flat\"")), "/form: \"flat\""));
  CHECK(has(message_for(replaced(line, "\"status\":\"ok\"", "\"status\":\"good\"")), "/status: \"good\""));
  CHECK(has(message_for(replaced(line, "\"n\":3", "\"n\":4")), "/latency_s/n: 4; allowed: 3"));
  CHECK(has(message_for(replaced(line, "[16,32]", "[16]")), "/resolution: [16]"));
  CHECK(has(message_for(replaced(line, "\"device\"", "\"devices\"")), "/device: missing"));
}

TEST_CASE("the schema of records has the keys that are written", "[record]") {
  const auto schema = nlohmann::json::parse(examples::read(ABLATE_SOURCE_DIR "/docs/record.schema.json"));
  auto record = full_record();
  auto written = nlohmann::json::parse(to_json(record));
  const auto& properties = schema.at("properties");
  CHECK(keys(written.at("latency_s")) == keys(schema.at("$defs").at("latency").at("properties")));
  for (const char* object : {"pairing", "page_faults", "equality", "kernel", "memory_bytes", "attained"})
    CHECK(keys(written.at(object)) == keys(properties.at(object).at("properties")));
  CHECK(keys(written.at("pairing").at("twin")) == std::set<std::string>{"latency_s"});
  const auto clocks =
      properties.at("protocol").at("properties").at("clock").at("enum").get<std::set<std::string>>();
  CHECK(clocks == std::set<std::string>(clock_names.begin(), clock_names.end()));
  auto protocol_keys = keys(written.at("protocol"));
  protocol_keys.merge(keys(nlohmann::json::parse(to_json(paired_record())).at("protocol")));
  CHECK(protocol_keys == keys(properties.at("protocol").at("properties")));
  CHECK(keys(written.at("parts").at(0)) ==
        keys(schema.at("properties").at("parts").at("items").at("properties")));
  record.status = Status::failed;
  record.reason = "out of memory";
  record.no_device = "no clock";
  record.no_counts = "compiled";
  record.graph = record.device;
  CHECK(keys(nlohmann::json::parse(to_json(record))) == keys(schema.at("properties")));
  const auto least = nlohmann::json::parse(to_json(Record{}));
  CHECK(keys(least).size() == schema.at("required").size());
  for (const auto& key : schema.at("required")) CHECK(least.contains(key.get<std::string>()));
}
