#include "ablate/run/group.hpp"

#include "ablate/blocks/registry.hpp"
#include "ablate/study/parse.hpp"
#include "catch.hpp"

using namespace ablate;

namespace {

Plan paired_plan() {
  const auto parsed = parse_study_text(R"({"study": "t", "defaults": {"channels": 8, "resolution": 8},
    "protocols": {"p": {"kind": "paired", "precision": 1, "budget_s": 5}},
    "variants": {"DW": {"block": "DWBlock"}, "STM": {"block": "STMBlock"}},
    "sections": [{"id": "s", "metrics": ["latency"], "protocol": "p"}]})",
                                       "test.json", block_specs());
  return plan(parsed.study, block_specs());
}

std::vector<Prepared> prepared_cells() {
  Counter counter;
  std::vector<Prepared> cells;
  for (const auto& cell : paired_plan().cells) cells.push_back(prepare(cell, counter));
  return cells;
}

/// Samplers that make their samples up, and a clock that goes on by these alone: what comes out is the same
/// on any machine under any load. They must outlive the group.
class MadeUp {
 public:
  /// A call takes about a millisecond, this share of it more or less; launching it always `launch_s`. An
  /// instance's stream can be held for so many samples.
  explicit MadeUp(double scatter, std::size_t device_samples = std::size_t(-1))
      : scatter_(scatter), device_samples_(device_samples) {}

  static constexpr double launch_s = 7e-6;

  Instruments instruments() {
    return {[this] { return now_; },
            [this](Block&, const torch::Tensor&, bool, Calls) { return std::make_unique<Lane>(*this); }};
  }

 private:
  struct Lane : Sampler {
    explicit Lane(MadeUp& machine) : machine(machine) {}
    double sample(Clock clock) override {
      if (const auto why = why_not(clock); !why.empty()) throw std::logic_error(why);
      if (clock == Clock::device) ++device_samples;
      const auto seconds = machine.next();
      return clock == Clock::launch ? launch_s : seconds;
    }
    std::string why_not(Clock clock) const override {
      const bool held = clock == Clock::device || clock == Clock::launch;
      return held && device_samples >= machine.device_samples_ ? "the queue is full" : "";
    }
    std::int64_t calls(Clock clock) const override { return clock == Clock::launch ? 32 : 1; }
    void call() override {}
    MadeUp& machine;
    std::size_t device_samples = 0;
  };

  double next() {
    const auto share = static_cast<double>(random_()) / static_cast<double>(std::mt19937_64::max());
    const auto seconds = 1e-3 * (1 + scatter_ * (share - 0.5));
    now_ += std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
    return seconds;
  }

  double scatter_;
  std::size_t device_samples_;
  std::mt19937_64 random_{1};
  Steady::time_point now_;
};

/// As far as the protocol knows: their tensors stay where they are.
std::vector<Prepared> cells_on_cuda() {
  auto cells = prepared_cells();
  for (auto& cell : cells) cell.record.cell.device = "cuda";
  return cells;
}

/// A machine where nothing else can be seen.
Watch blind() { return Watch({}, {.proc = "/nowhere", .sys = "/nowhere", .nvml = "none", .cores = {}}); }

const std::atomic<bool> go_on = false;

}  // namespace

TEST_CASE("a group's cells have one sample a round, and its baseline a twin", "[run]") {
  GroupSampler sampler(prepared_cells(), 0, 1);
  auto watch = blind();
  sampler.sample(5, watch, go_on);
  const auto records = sampler.records({});
  REQUIRE(records.size() == 2);
  const auto rounds = records[0].pairing->ends.back();
  CHECK(rounds > 0);
  for (const auto& record : records) {
    CHECK(record.latency->samples.size() == rounds);
    CHECK(record.pairing->baseline == records[0].cell.id);
    CHECK(record.pairing->group == records[1].pairing->group);
  }
  REQUIRE(records[0].pairing->twin);
  CHECK(records[0].pairing->twin->host->samples.size() == rounds);
  CHECK_FALSE(records[1].pairing->twin);
}

TEST_CASE("a group ends at the first look at which it is precise, eight layouts at the earliest", "[run]") {
  MadeUp machine(0.5);
  GroupSampler sampler(prepared_cells(), 0, 1, machine.instruments());
  auto watch = blind();
  sampler.sample(5, watch, go_on);
  for (const auto& record : sampler.records({})) {
    CHECK(record.pairing->ends.size() == 8);
    CHECK(record.pairing->stopped == "precise");
    CHECK(record.latency->samples.size() == record.pairing->ends.back());
  }
  CHECK(sampler.spent_s() < 5);
}

TEST_CASE("a group says how it stands between its layouts, and what it says is what its records tell",
          "[run]") {
  MadeUp machine(0.02);
  auto instruments = machine.instruments();
  std::vector<std::size_t> rounds;
  Estimate last;
  instruments.after_layout = [&](const GroupSampler& group) {
    rounds.push_back(group.rounds());
    last = group.level_of(1);
    CHECK(group.cell_count() == 2);
    CHECK(group.deciding_clock() == Clock::host);
  };
  GroupSampler group(prepared_cells(), 0, 1, std::move(instruments));
  auto watch = blind();
  group.sample(2, watch, go_on);
  REQUIRE(rounds.size() > 4);
  CHECK(std::ranges::is_sorted(rounds));
  CHECK(rounds.front() > 0);
  CHECK(last.value == Approx(1e-3).epsilon(0.02));
  CHECK(last.low < last.value);
  CHECK(last.value < last.high);
}

TEST_CASE("launching is sampled in the same rounds as all else, the twin's too", "[run]") {
  MadeUp machine(0.5);
  GroupSampler sampler(cells_on_cuda(), 0, 1, machine.instruments());
  auto watch = blind();
  sampler.sample(5, watch, go_on);
  const auto records = sampler.records({});
  for (const auto& record : records) {
    REQUIRE(record.launch);
    CHECK(record.launch->samples.size() == record.pairing->ends.back());
    CHECK(record.launch->median == MadeUp::launch_s);
    CHECK(record.launch->calls == 32);
    CHECK(record.device->median > 0.5e-3);
  }
  CHECK(records[0].pairing->twin->launch->samples.size() == records[0].launch->samples.size());
}

TEST_CASE("where the stream can be held no more, launching has no figure either", "[run]") {
  MadeUp machine(0.5, 3);
  GroupSampler sampler(cells_on_cuda(), 0, 1, machine.instruments());
  auto watch = blind();
  sampler.sample(5, watch, go_on);
  for (const auto& record : sampler.records({})) {
    CHECK_FALSE(record.device);
    CHECK_FALSE(record.launch);
    CHECK(record.no_device == "the queue is full");
    REQUIRE(record.graph);
    CHECK(record.graph->samples.size() == record.latency->samples.size());
  }
}

TEST_CASE("time that is given again adds to the samples there are", "[run]") {
  auto cells = prepared_cells();
  for (auto& cell : cells) cell.record.cell.protocol->precision = 1e-4;  // more than it will reach
  MadeUp machine(0.5);
  GroupSampler sampler(std::move(cells), 0, 1, machine.instruments());
  auto watch = blind();
  sampler.sample(0.2, watch, go_on);
  const auto before = sampler.records({})[0];
  sampler.sample(0.2, watch, go_on);
  const auto after = sampler.records({})[0];
  CHECK(before.pairing->stopped == "budget");
  CHECK(after.latency->samples.size() > before.latency->samples.size());
  CHECK(std::equal(before.latency->samples.begin(), before.latency->samples.end(),
                   after.latency->samples.begin()));
}

TEST_CASE("a block that fails in the middle fails alone", "[run]") {
  auto cells = prepared_cells();
  int instances = 0;
  cells[1].copy = [&instances](Block& block) {
    if (++instances == 3) throw std::runtime_error("no more");
    return copy_of(block);
  };
  MadeUp machine(0.5);
  GroupSampler sampler(std::move(cells), 0, 1, machine.instruments());
  auto watch = blind();
  sampler.sample(5, watch, go_on);
  const auto records = sampler.records({});
  CHECK(records[0].status == Status::ok);
  CHECK(records[0].latency->samples.size() == records[0].pairing->ends.back());
  CHECK(records[1].status == Status::failed);
  CHECK(records[1].reason == "no more");
  CHECK_FALSE(records[1].latency);
}

TEST_CASE("a group without its baseline ends", "[run]") {
  auto cells = prepared_cells();
  cells[0].copy = [](Block&) -> std::shared_ptr<Block> { throw std::runtime_error("no baseline"); };
  GroupSampler sampler(std::move(cells), 0, 1);
  auto watch = blind();
  sampler.sample(5, watch, go_on);
  CHECK(sampler.baseline_failed());
}

TEST_CASE("a form that computes something else is failed and never timed", "[run]") {
  Counter counter;
  auto cell = paired_plan().cells[0];
  cell.form = Form::deploy;
  CHECK(prepare(cell, counter).record.equality->relative < 1e-5);
  cell.dtype = Dtype::float64;
  const auto exact = prepare(cell, counter).record;
  CHECK(exact.equality->relative < exact.equality->tolerance);
  CHECK(exact.output.size() == 16);
}
