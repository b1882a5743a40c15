#pragma once

#include "ablate/base/steady.hpp"
#include "ablate/run/run.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ablate::cli {

/// Tells stderr how a run goes on. This class counts; what is shown is up to those that derive from it.
class Progress : public RunObserver {
 public:
  /// `on_record` is called after each record, with a line under way cleared, so that it may print.
  Progress(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record);

  void starts(const Cell& cell, std::size_t index) final;
  void sampled(const Interim& so_far) final;
  void ended(const Record& record) final;
  /// The run is over, and its files lie in `directory`.
  virtual void finished(const RunOutcome& outcome, const std::filesystem::path& directory);

 protected:
  virtual void show_start(const Cell& /*cell*/) {}
  virtual void show_interim(const Interim& /*so_far*/) {}
  virtual void show_end(const Record& /*record*/) {}

  std::size_t cells() const { return cells_; }
  std::size_t done() const { return done_; }
  double seconds_left() const;
  double fraction() const;  ///< of the run's estimated time, from 0 to 1

 private:
  std::size_t cells_, done_ = 0;
  std::function<void(const Record&)> on_record_;
  /// Seconds, by `estimated_seconds`: of all cells, of those to come, of those measured here, of those under
  /// way.
  double estimated_all_ = 0, estimated_left_ = 0, estimated_done_ = 0, under_way_ = 0;
  double spent_ = 0;  ///< share of what is under way
  Steady::time_point began_ = Steady::now();
};

/// What --progress may be: auto (a bar on a terminal, plain lines elsewhere), bar, plain, json, quiet.
extern const std::vector<std::string> progress_modes;

std::unique_ptr<Progress> make_progress(const std::string& mode, const Plan& plan, const Records& known,
                                        std::function<void(const Record&)> on_record);

/// A line that rewrites itself: how much is done, the time left, the cell under way with what is known of it.
class ProgressBar : public Progress {
 public:
  ProgressBar(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record);
  ~ProgressBar() override { clear(); }

 private:
  void show_start(const Cell& cell) override;
  void show_interim(const Interim& so_far) override;
  void show_end(const Record& record) override;
  bool is_due(double seconds);
  void clear() const;
  void draw(const std::string& what) const;

  Steady::time_point drawn_{};
  std::size_t turn_ = 0;  ///< cells of a group are shown one after another
};

/// A line of JSON an event: docs/bench.md has them all.
class ProgressEvents : public Progress {
 public:
  ProgressEvents(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record);
  void finished(const RunOutcome& outcome, const std::filesystem::path& directory) override;

 private:
  void show_start(const Cell& cell) override;
  void show_interim(const Interim& so_far) override;
  void show_end(const Record& record) override;

  Steady::time_point told_{};
  std::size_t turn_ = 0;
};

/// "DWBlock deploy cpu float32 1x64x64x64": a cell in one line.
std::string describe(const Cell& cell);

}  // namespace ablate::cli
