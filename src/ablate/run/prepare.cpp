#include "ablate/run/prepare.hpp"

#include "ablate/base/text.hpp"
#include "ablate/blocks/fusable_block.hpp"
#include "ablate/blocks/written.hpp"
#include "ablate/check/check.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/measure/measure.hpp"
#include "ablate/measure/memory.hpp"
#include "ablate/run/build_cell.hpp"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace ablate {
namespace {

/// The first line of an error: LibTorch's come with a stack.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, std::min<std::size_t>(text.find('\n'), 400)));
}

/// Of all outputs, one after another.
std::string hash_of(const Outputs& outputs) {
  std::string bytes;
  for (const auto& output : outputs) {
    const auto here = output.to(torch::kCPU).contiguous();
    bytes.append(static_cast<const char*>(here.data_ptr()), here.nbytes());
  }
  return hex(stable_hash(bytes));
}

/// A form that computes something else is never timed.
void check_form(Record& record, const torch::Tensor& input) {
  const auto& cell = record.cell;
  if (cell.form == Form::train) return;
  const auto tolerance = form_tolerance(cell.dtype, cell.tf32 && input.is_cuda());
  const auto make = [&] { return make_block(cell.block, cell.written.get(), cell.options, Form::train); };
  const auto difference = form_difference(make, cell.form, cell.seed, input, tolerance);
  record.equality = Equality{difference.absolute, difference.relative, difference.held_to};
  if (!difference.within)
    throw std::runtime_error(
        fmt::format("the form {} differs from the train form: {}", name(cell.form),
                    difference.note.empty()
                        ? fmt::format("relative error {:.1e}, allowed {:.1e}", difference.relative, tolerance)
                        : difference.note));
}

/// What runs a cell of the form fused on its device, in its dtype and shape.
std::optional<Kernel> kernel_of(const BuiltCell& built, const Cell& cell) {
  const auto* block = dynamic_cast<const FusableBlock*>(built.block.get());
  if (cell.form != Form::fused || !block) return std::nullopt;
  if (auto reason = block->no_kernel()) return Kernel{"folded", std::move(*reason)};
  auto scheme = block->scheme({cell.batch, cell.resolution.height, cell.resolution.width});
  return Kernel{std::move(scheme.name), std::move(scheme.why)};
}

void prepare_timed(Prepared& prepared, BuiltCell& built) {
  auto& record = prepared.record;
  if (auto reason = why_not_here(record.cell.device); !reason.empty()) {
    record.status = Status::skipped;
    record.reason = std::move(reason);
    return;
  }
  const c10::InferenceMode inference;
  const MathMode math(record.cell.tf32);
  move_to_device(built, record.cell);
  check_form(record, built.input);
  record.kernel = kernel_of(built, record.cell);
  record.memory = memory_of(*built.block, built.input);
  record.output = hash_of(built.block->run(built.input));
  prepared.block = built.block;
  prepared.input = built.input;
}

/// Why what a block says of itself does not tell what a call on `input` costs; empty where it does.
std::string why_no_counts(const Declared& declared, const torch::Tensor& input) {
  if (!declared.params || !declared.buffers || !declared.macs || !declared.moved)
    return "compiled code does not show what it multiplies, and no metadata tells";
  if (input.sizes() == at::IntArrayRef(declared.counted_at)) return {};
  return fmt::format("the package's metadata speaks of an input [{}]", fmt::join(declared.counted_at, ", "));
}

void take_counts(Record& record, Counter& counter, const BuiltCell& built) {
  const auto declared = built.block->declared();
  if (!declared) {
    record.counts = counter.counts_of(record.cell, *built.block, built.input);
    record.parts = parts(built.block->module());
    return;
  }
  record.no_counts = why_no_counts(*declared, built.input);
  if (record.no_counts.empty())
    record.counts = Counts{*declared->params, *declared->buffers, *declared->macs,
                           *declared->moved * size_of(record.cell.dtype)};
}

}  // namespace

const Counts& Counter::counts_of(const Cell& cell, Block& block, const torch::Tensor& input) {
  auto counted = cell;
  counted.device = "cpu";
  counted.protocol.reset();
  counted.tf32 = false;
  const auto [found, is_new] = known_.try_emplace(key(counted));
  if (is_new) {
    found->second = count(block, input);
    found->second.bytes = found->second.bytes / size_of(Dtype::float32) * size_of(cell.dtype);
  }
  return found->second;
}

bool or_fail(Record& record, const std::function<void()>& work) {
  const auto fail = [&](std::string_view reason) {
    record.status = Status::failed;
    record.reason = first_line(reason);
    return false;
  };
  try {
    work();
    return true;
  } catch (const c10::OutOfMemoryError& error) {
    release_cached_memory();
    return fail(fmt::format("out of memory: {}", error.what_without_backtrace()));
  } catch (const c10::Error& error) {
    return fail(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return fail("out of memory");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

Prepared prepare(const Cell& cell, Counter& counter) {
  Prepared prepared;
  auto& record = prepared.record;
  record.cell = cell;
  const bool well = or_fail(record, [&] {
    auto built = build_cell(cell);
    take_counts(record, counter, built);
    record.traits = built.block->traits();
    if (cell.protocol) prepare_timed(prepared, built);
  });
  if (!well) prepared.block.reset();
  return prepared;
}

std::shared_ptr<Block> copy_of(Block& block) {
  const auto module = block.module().clone();
  auto copy = std::dynamic_pointer_cast<Block>(module);
  if (!copy) throw std::logic_error("a block's clone is no block");
  module->eval();
  return copy;
}

}  // namespace ablate
