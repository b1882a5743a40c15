#include "recorded_run.hpp"

#include "ablate/blocks/registry.hpp"
#include "ablate/record/plugin_blocks.hpp"
#include "ablate/study/parse.hpp"

#include <cstdint>
#include <limits>
#include <utility>

namespace ablate::cli {

RecordedRun read_recorded_run(const std::filesystem::path& directory) {
  const auto blocks = blocks_of_run(directory, block_specs());
  auto study = parse_study(directory / "study.json", blocks).study;
  auto planned = plan(study, blocks, std::numeric_limits<std::uint64_t>::max());
  return {std::move(study), std::move(planned), read_environment(directory), read_records(directory)};
}

}  // namespace ablate::cli
