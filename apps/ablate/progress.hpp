#pragma once

#include "ablate/run/run.hpp"

#include <chrono>
#include <functional>

namespace ablate::cli {

/// Tells stderr how a run goes on: one line that rewrites itself on a terminal, one line a cell elsewhere.
class Progress : public RunObserver {
 public:
  /// `on_record` is called after each record, with the line cleared, so that it may print.
  Progress(const Plan& plan, const Records& known, std::function<void(const Record&)> on_record);
  ~Progress() override { clear(); }

  void starts(const Cell& cell, std::size_t index) override;
  void ended(const Record& record) override;

 private:
  void clear() const;
  std::string time_left() const;

  const Plan& plan_;
  std::function<void(const Record&)> on_record_;
  bool terminal_;
  std::size_t done_ = 0;
  double estimated_left_ = 0, estimated_done_ = 0;  ///< seconds, by `estimated_seconds`
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// "DWBlock deploy cpu float32 1x64x64x64": a cell in one line.
std::string describe(const Cell& cell);

}  // namespace ablate::cli
