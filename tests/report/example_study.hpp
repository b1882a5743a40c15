#pragma once

#include "ablate/report/table.hpp"
#include "ablate/study/parse.hpp"

#include <string>

namespace examples {

/// A study as text, planned: what the report needs beside records.
struct Planned {
  ablate::Study study;
  ablate::Plan plan;
};

inline std::vector<ablate::BlockSpec> three_blocks() {
  std::vector<ablate::BlockSpec> blocks;
  for (const char* name : {"DWBlock", "STMBlock", "FastSTMBlock"})
    blocks.push_back({name, "", {}, {ablate::Form::train, ablate::Form::deploy}});
  return blocks;
}

/// `sections`, `summary` and `claims` are JSON; variants are A, B and C, of the groups "slow" and "fast".
inline Planned planned(const std::string& sections, const std::string& summary = "",
                       const std::string& claims = "") {
  const auto text = R"({"study": "example", "title": "An example",
    "defaults": {"batch": 1, "channels": 64, "resolution": 64, "form": "deploy", "device": "cpu",
                 "dtype": "float32", "seed": 0},
    "protocols": {"p": {"warmup": 2, "repeat": 4}},
    "variants": {"A": {"block": "DWBlock", "group": "slow"}, "B": {"block": "STMBlock", "group": "fast"},
                 "C": {"block": "FastSTMBlock", "group": "fast"}},
    "sections": [)" +
                    sections + "]" + (summary.empty() ? "" : ", \"summary\": " + summary) +
                    (claims.empty() ? "" : ", \"claims\": " + claims) + "}";
  auto study = ablate::parse_study_text(text, "example.json", three_blocks()).study;
  auto plan = ablate::plan(study, three_blocks());
  return {std::move(study), std::move(plan)};
}

/// Samples with that mean and population standard deviation.
inline ablate::Latency latency(double mean, double std, std::size_t samples = 4) {
  std::vector<double> values;
  for (std::size_t i = 0; i < samples; ++i) values.push_back(i % 2 == 0 ? mean - std : mean + std);
  return ablate::summarise(std::move(values));
}

inline ablate::Record record_of(const ablate::Cell& cell) {
  ablate::Record record;
  record.study = "example";
  record.cell = cell;
  return record;
}

inline ablate::Record skipped(const ablate::Cell& cell) {
  auto record = record_of(cell);
  record.status = ablate::Status::skipped;
  record.reason = "CUDA is not available here";
  return record;
}

inline ablate::Record failed(const ablate::Cell& cell, const std::string& reason) {
  auto record = record_of(cell);
  record.status = ablate::Status::failed;
  record.reason = reason;
  return record;
}

/// A record of every cell, by `make`.
template <typename Make>
ablate::Records records_of(const Planned& planned, Make make) {
  ablate::Records records;
  for (const auto& cell : planned.plan.cells) records.emplace(cell.id, make(cell));
  return records;
}

inline std::vector<std::string> headers(const ablate::Table& table) {
  std::vector<std::string> texts;
  for (const auto& column : table.columns) texts.push_back(column.header);
  return texts;
}

/// The texts of a row, joined by " | ".
inline std::string row(const ablate::Table& table, std::size_t index) {
  std::string text;
  for (const auto& cell : table.rows.at(index)) text += (text.empty() ? "" : " | ") + cell.text;
  return text;
}

}  // namespace examples
