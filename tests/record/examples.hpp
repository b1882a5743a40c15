#pragma once

#include "ablate/record/store.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace examples {

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A directory of its own for each test, gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    auto pattern = (std::filesystem::temp_directory_path() / "ablate-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// A record with something in every field.
inline ablate::Record full_record(const std::string& id = "00000000000000aa") {
  ablate::Record record;
  record.study = "notebook";
  auto& cell = record.cell;
  cell.id = id;
  cell.variant = "DWBlock";
  cell.block = "DWBlock";
  cell.options = {
      {"kernel_size", std::int64_t{7}}, {"dropout_rate", 7.0}, {"bias", true}, {"gate", std::string("none")}};
  cell.form = ablate::Form::deploy;
  cell.device = "cuda";
  cell.dtype = ablate::Dtype::bfloat16;
  cell.batch = 4;
  cell.channels = {24, 48};
  cell.resolution = {16, 32};
  cell.seed = 0xfedcba9876543210;
  cell.tf32 = true;
  cell.protocol = ablate::Protocol{"gpu", 100, 3};
  record.counts = ablate::Counts{4608, 131, 123456789012, 2048};
  record.parts = {{"conv", "Sequential", 3584, 131}, {"prcm", "PRCM", 1024, 0}};
  record.traits = {{"split", "none"}, {"active channels", "C"}};
  record.latency = ablate::summarise({0.1, 1.0 / 3, 2.257e-4});
  record.latency->calls = 4;
  record.device = ablate::summarise({0.05, 0.25, 1e-4});
  record.launch = ablate::summarise({2e-5, 3e-5, 2.5e-5});
  record.launch->calls = 32;
  record.no_graph = "a block that waits for the device cannot be captured";
  record.pairing = ablate::Pairing{"00000000000000bb", id, {1, 3}, {3}, "precise", 8, ablate::Twin{}};
  record.pairing->twin->host = ablate::summarise({0.2, 0.3, 2e-4});
  record.page_faults = ablate::PageFaults{7, 2};
  record.equality = ablate::Equality{1e-6, 1e-7, 1e-5};
  record.kernel = ablate::Kernel{"two passes", "the output is larger than the level-2 cache"};
  record.memory = ablate::Memory{100, 200, 300};
  record.attained = ablate::Attained{1e9, 2e9, 0.125, true};
  record.output = "00000000000000ff";
  record.conditions = ablate::Conditions{{{"load_1min", 0.5}}, {}, {{"sm_clock_mhz", 1980}}};
  record.disturbed = {"steal 4 %"};
  record.environment = "00000000000000ee";
  record.overhead_s = 0.125;
  return record;
}

}  // namespace examples
