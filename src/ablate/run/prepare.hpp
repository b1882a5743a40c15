#pragma once

#include "ablate/blocks/block.hpp"
#include "ablate/record/record.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace ablate {

/// Inside the run room: what is done with every cell before a clock starts.

/// Counting does not depend on device or protocol, so cells that differ in nothing else share it.
class Counter {
 public:
  const Counts& counts_of(const Cell& cell, Block& block, const torch::Tensor& input);

 private:
  std::map<std::string, Counts> known_;
};

/// A block of the same weights at another place of the memory.
std::shared_ptr<Block> copy_of(Block& block);

/// A cell that is counted, checked, and stands on its device. Its record says what has been found out.
struct Prepared {
  Record record;
  std::shared_ptr<Block> block;  ///< null where the cell was skipped, failed, or is only counted
  torch::Tensor input;
  std::function<std::shared_ptr<Block>(Block&)> copy = copy_of;  ///< how instances are made
};

/// Builds the cell's block, counts it, moves it to its device, holds its form against the train form there,
/// and takes memory and output of one call. Every error of the cell's own is its record.
Prepared prepare(const Cell& cell, Counter& counter);

/// Turns what `work` throws into the record of a failed cell; false where it did.
bool or_fail(Record& record, const std::function<void()>& work);

}  // namespace ablate
