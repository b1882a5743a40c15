#pragma once

#include "ablate/measure/result.hpp"
#include "ablate/study/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ablate {

inline constexpr int record_schema = 1;

enum class Status { ok, skipped, failed };

/// One cell's outcome: one line of JSON, readable without any other file.
struct Record {
  std::string study;
  Cell cell;
  Status status = Status::ok;
  std::string reason;  ///< why it was skipped or failed
  std::optional<Counts> counts;
  std::string no_counts;  ///< why a block that runs has none
  std::vector<Part> parts;
  Traits traits;
  std::optional<Latency> latency;         ///< on the host's clock
  std::optional<Latency> device, graph;   ///< on CUDA
  std::optional<Latency> launch;          ///< on CUDA, wherever there is `device`
  std::string no_device, no_graph;        ///< why there is no such reading, where one was asked for
  std::optional<Pairing> pairing;         ///< of the paired protocol
  std::optional<PageFaults> page_faults;  ///< while `latency` was sampled
  std::optional<Equality> equality;       ///< none for the train form
  std::optional<Kernel> kernel;           ///< of the form fused, where it was timed
  std::optional<Memory> memory;
  std::optional<Attained> attained;
  std::string output;  ///< hash of the output's bytes
  std::optional<Conditions> conditions;
  std::vector<std::string> disturbed;  ///< what disturbed the cell in spite of new tries; empty: nothing
  std::string environment;             ///< hash of the environment it was measured in
  double overhead_s = 0;               ///< time spent on the cell outside warm-up and samples
};

/// The samples of one clock; on the CPU the host's is all there is, whichever is asked for. Null without.
const Latency* latency_on(const Record& record, Clock clock);

/// Host over device latency where the cell spends well more time on being launched than on running (at least
/// `launch_bound_ratio`); nothing elsewhere.
inline constexpr double launch_bound_ratio = 1.5;
std::optional<double> launch_bound(const Record& record);

/// One line, without the newline. Fields and units: docs/records.md.
std::string to_json(const Record& record);

/// {"study": id, "cells": [...]}, each cell with the fields that its record will have.
std::string plan_to_json(const Study& study, const Plan& plan);

/// Throws UserError, its place being `where` ("records.jsonl:17"), for a line that is no record of a schema
/// that is known here.
Record record_from_json(const std::string& line, const std::string& where);

}  // namespace ablate
