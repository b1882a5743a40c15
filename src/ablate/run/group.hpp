#pragma once

#include "ablate/base/steady.hpp"
#include "ablate/measure/sampler.hpp"
#include "ablate/run/prepare.hpp"
#include "ablate/stats/stats.hpp"
#include "ablate/watch/watch.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace ablate {

constexpr std::size_t index_of(Clock clock) { return static_cast<std::size_t>(clock); }

class GroupSampler;

/// What a group is sampled with. Tests make up the first two, so that they do not depend on the machine.
struct Instruments {
  std::function<Steady::time_point()> now = Steady::now;
  std::function<std::unique_ptr<Sampler>(Block&, const torch::Tensor&, bool cold, Calls)> sampler_of =
      make_sampler;
  /// Called between layouts, when nothing is being timed.
  std::function<void(const GroupSampler&)> after_layout{};
};

/// Inside the run room: the paired protocol. All cells of a group, and a second instance of its baseline,
/// take turns in rounds. Rounds come in layouts: before each, all blocks are built anew at other places of
/// the memory, since an instance's place can cost it a percent that has nothing to do with the block. A
/// layout that was disturbed is set aside and made up for, up to a limit; then it stays, and the cells are
/// flagged.
class GroupSampler {
 public:
  /// The cells' blocks stand on one device and are alive; `baseline` is one of them. `order_seed` decides the
  /// order of turns and the places in memory, nothing else.
  GroupSampler(std::vector<Prepared> cells, std::size_t baseline, std::uint64_t order_seed,
               Instruments instruments = {});

  /// Samples until every ratio to the baseline, and every level, is as precise as the protocol asks, for at
  /// most `seconds`, or until `stop`. May be called again: samples add up. The watch is the device's.
  void sample(double seconds, Watch& watch, const std::atomic<bool>& stop);

  /// Widest of the group's intervals over the precision asked for: above 1, something is undecided.
  double undecided() const;
  bool has_samples() const;
  std::size_t rounds() const;
  std::size_t cell_count() const { return cells_.size(); }
  const Cell& cell(std::size_t index) const { return cells_[index].record.cell; }
  /// The clock that decides when the group is precise enough.
  Clock deciding_clock() const;
  /// What the cell's samples tell on that clock; 0 without any.
  Estimate level_of(std::size_t index) const;
  const Cell& baseline_cell() const { return cells_[baseline_].record.cell; }
  /// A block can fail after hours. Without its baseline a group ends: what is left of it makes another one.
  bool baseline_failed() const { return !lanes_[baseline_].alive; }
  std::vector<Prepared> take_cells() && { return std::move(cells_); }
  /// Seconds inside `sample`, all calls together.
  double spent_s() const { return spent_s_; }

  /// The records as they stand.
  std::vector<Record> records(const std::map<std::string, Peaks>& peaks) const;

 private:
  /// A cell's instance, or the baseline's twin.
  struct Lane {
    std::size_t cell = 0;
    bool twin = false;
    bool alive = true;
    std::shared_ptr<Block> block;
    torch::Tensor input;
    std::unique_ptr<Sampler> sampler;
    std::array<std::vector<double>, clock_names.size()> samples;  ///< by clock
    Calls calls{};
    std::array<std::string, clock_names.size()> why_not;
    PageFaults page_faults;
  };

  void build_instances();
  void drop_instances();
  void warm_up(Watch& watch);
  void sample_layout(const std::atomic<bool>& stop);
  void sample_round(const std::vector<std::size_t>& order);
  void sample_lane(Lane& lane);
  void fail_lane(Lane& lane);
  std::vector<std::size_t> next_order();
  void judge(Watch& watch, bool last);
  void truncate(std::size_t rounds);
  double since(Steady::time_point begin) const { return seconds_between(begin, instruments_.now()); }
  std::vector<Clock> clocks() const;
  Record record_of(const Lane& lane, const std::string& stopped,
                   const std::map<std::string, Peaks>& peaks) const;

  std::vector<Prepared> cells_;
  std::size_t baseline_;  ///< index into cells_
  Instruments instruments_;
  std::vector<Lane> lanes_;
  std::mt19937_64 random_;
  std::vector<std::size_t> square_;  ///< rows of the present Latin square: the order, rotated by `turn_`
  std::size_t turn_ = 0;
  std::vector<torch::Tensor> padding_;
  std::vector<std::size_t> ends_;  ///< rounds behind each layout
  double round_s_ = 0;             ///< of the last round
  double spent_s_ = 0;
  std::size_t judged_ = 0;  ///< rounds before the last reading of the watch
  std::int64_t set_aside_ = 0, tries_left_;
  std::vector<std::string> disturbed_;
  std::optional<MachineReading> last_;
  Conditions conditions_;
  bool warm_ = false;
};

}  // namespace ablate
