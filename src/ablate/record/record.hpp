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
  std::vector<Part> parts;
  Traits traits;
  std::optional<Latency> latency;
  std::string environment;  ///< hash of the environment it was measured in
  double overhead_s = 0;    ///< time spent on the cell outside warm-up and samples
};

/// One line, without the newline. Fields and units: docs/records.md.
std::string to_json(const Record& record);

/// {"study": id, "cells": [...]}, each cell with the fields that its record will have.
std::string plan_to_json(const Study& study, const Plan& plan);

/// Throws UserError, its place being `where` ("records.jsonl:17"), for a line that is no record of a schema
/// that is known here.
Record record_from_json(const std::string& line, const std::string& where);

}  // namespace ablate
