#include "ablate/blocks/written.hpp"

#include "ablate/blocks/aoti_block.hpp"
#include "ablate/blocks/composition.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/blocks/script_block.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace ablate {
namespace {

using Size = std::int64_t;
using Sizes = std::vector<Size>;

bool has_both_channels(const BlockExpr& block) {
  const auto& spec = block_type(block.block, block.place).spec;
  return spec.find("in_channels") && spec.find("out_channels");
}

/// Whether the number of channels that come out is open.
bool can_change(const BlockExpr& block) {
  switch (block.making) {
    case Making::named:
      return !block.out_channels && block.options_from.empty() && has_both_channels(block);
    case Making::sequence:
    case Making::repeat:
      return std::ranges::any_of(block.parts, can_change);
    case Making::split:
      return block.sizes.empty() && std::ranges::all_of(block.parts, can_change);
    case Making::parallel:
      return block.join == Join::concat ? std::ranges::any_of(block.parts, can_change)
                                        : std::ranges::all_of(block.parts, can_change);
    default:
      return false;
  }
}

[[noreturn]] void refuse(const BlockExpr& block, const std::string& what, const std::string& allowed) {
  throw UserError(block.place, what, allowed);
}

void require_same(const BlockExpr& block, Size in, Size out) {
  if (in != out)
    refuse(block, fmt::format("{} channels where {} are wanted", in, out),
           "a part that can change their number");
}

std::shared_ptr<Block> assemble(const BlockExpr& block, Size in, Size out);

/// What comes out of `block` by itself, where `out` is wanted.
Size given_by(const BlockExpr& block, Size in, Size out) {
  if (block.out_channels) return *block.out_channels;
  return can_change(block) ? out : in;
}

std::shared_ptr<Block> make_named(const BlockExpr& block, Size in, Size out) {
  const auto& type = block_type(block.block, block.place);
  auto options = block.options;
  for (const auto& [option, source] : block.options_from)
    options.insert_or_assign(option, source == "in_channels" ? in : out);
  for (const auto& option : type.spec.options)
    if (follows_channels(option.name))
      options.insert_or_assign(option.name, option.name == "in_channels" ? in : out);
  if (!has_both_channels(block)) require_same(block, in, out);
  try {
    return type.make(complete(type.spec, options, block.block + "."));
  } catch (const UserError& error) {
    throw UserError(block.place, error);
  }
}

/// `channels` in as many shares as there are parts, the first ones one larger where it does not divide.
Sizes shares(const BlockExpr& block, Size channels, std::size_t count) {
  if (block.fraction) {
    const auto first = static_cast<Size>(static_cast<double>(channels) * *block.fraction);
    return {first, channels - first};
  }
  const auto parts = static_cast<Size>(count);
  Sizes sizes(count, channels / parts);
  for (Size i = 0; i < channels % parts; ++i) ++sizes[static_cast<std::size_t>(i)];
  return sizes;
}

std::shared_ptr<Block> make_split(const BlockExpr& block, Size in, Size out) {
  auto sizes = block.sizes.empty() ? shares(block, in, block.parts.size()) : block.sizes;
  if (std::accumulate(sizes.begin(), sizes.end(), Size{0}) != in || std::ranges::min(sizes) < 1)
    refuse(block, fmt::format("{} channels in slices of {}", in, fmt::join(sizes, ", ")),
           "slices of one channel or more that make up the input");
  if (!block.sizes.empty()) require_same(block, in, out);
  const auto wanted = in == out ? sizes : shares(block, out, block.parts.size());
  if (block.shuffle && out % static_cast<Size>(sizes.size()) != 0)
    refuse(block, fmt::format("a shuffle of {} channels in {} groups", out, sizes.size()),
           "channels that the groups divide");
  Composition::Parts parts;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    parts.push_back(assemble(block.parts[i], sizes[i], wanted[i]));
  return std::make_shared<Composition>(block, std::move(parts), std::move(sizes));
}

/// What each branch gives: where they are concatenated, those that can share what the others leave.
Sizes branch_outputs(const BlockExpr& block, Size in, Size out) {
  const auto count = block.parts.size();
  if (block.join != Join::concat) return Sizes(count, out);
  const auto sharing = static_cast<std::size_t>(std::ranges::count_if(block.parts, can_change));
  Size left = out;
  for (const auto& part : block.parts)
    if (!can_change(part)) left -= given_by(part, in, in);
  if (left < static_cast<Size>(sharing) || (sharing == 0 && left != 0))
    refuse(block, fmt::format("{} of {} channels left for {} branches", left, out, sharing),
           "branches whose channels make up what is wanted");
  auto open = shares({}, left, std::max<std::size_t>(sharing, 1));
  Sizes outputs;
  auto next = open.begin();
  for (const auto& part : block.parts) outputs.push_back(can_change(part) ? *next++ : given_by(part, in, in));
  return outputs;
}

std::shared_ptr<Block> make_parallel(const BlockExpr& block, Size in, Size out) {
  const auto outputs = branch_outputs(block, in, out);
  Composition::Parts parts;
  for (std::size_t i = 0; i < outputs.size(); ++i) parts.push_back(assemble(block.parts[i], in, outputs[i]));
  return std::make_shared<Composition>(block, std::move(parts));
}

std::shared_ptr<Block> make_sequence(const BlockExpr& block, Size in, Size out) {
  auto unrolled = block;
  unrolled.parts.clear();
  for (Size i = 0; i < block.times; ++i)
    unrolled.parts.insert(unrolled.parts.end(), block.parts.begin(), block.parts.end());
  Composition::Parts parts;
  auto channels = in;
  bool changed = false;
  for (const auto& part : unrolled.parts) {
    const bool changes = !changed && can_change(part);
    // Behind the part that changes them, those that can bring the channels back to what is wanted.
    const auto given = given_by(part, channels, changes || (changed && can_change(part)) ? out : channels);
    changed = changed || changes;
    parts.push_back(assemble(part, channels, given));
    channels = given;
  }
  require_same(block, channels, out);
  return std::make_shared<Composition>(std::move(unrolled), std::move(parts));
}

std::shared_ptr<Block> assemble(const BlockExpr& block, Size in, Size out) {
  if (block.out_channels && *block.out_channels != out)
    refuse(block, fmt::format("{} output channels", *block.out_channels),
           fmt::format("{}, what is wanted here", out));
  switch (block.making) {
    case Making::named:
      return make_named(block, in, out);
    case Making::identity:
      require_same(block, in, out);
      return nullptr;
    case Making::torchscript:
      return std::make_shared<ScriptBlock>(block, out);
    case Making::aoti:
      return std::make_shared<AotiBlock>(block, out);
    case Making::residual:
      require_same(block, in, out);
      return std::make_shared<Composition>(block, Composition::Parts{assemble(block.parts.front(), in, out)});
    case Making::split:
      return make_split(block, in, out);
    case Making::parallel:
      return make_parallel(block, in, out);
    default:
      return make_sequence(block, in, out);
  }
}

std::int64_t channels_among(const Options& options, const char* name) {
  return std::get<std::int64_t>(options.at(name));
}

}  // namespace

std::shared_ptr<Block> make_written(const BlockExpr& block, std::int64_t in, std::int64_t out) {
  if (block.making != Making::identity) return assemble(block, in, out);
  require_same(block, in, out);
  auto nothing = block;
  nothing.making = Making::sequence;
  nothing.parts = {block};
  return std::make_shared<Composition>(nothing, Composition::Parts{nullptr});
}

std::shared_ptr<Block> make_block(std::string_view name, const BlockExpr* written, const Options& options,
                                  Form form) {
  if (!written) return make_block(name, options, form);
  auto block =
      make_written(*written, channels_among(options, "in_channels"), channels_among(options, "out_channels"));
  block->switch_to(form);
  return block;
}

}  // namespace ablate
