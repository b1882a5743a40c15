#include "ablate/study/cells.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/match.hpp"
#include "ablate/study/node.hpp"
#include "ablate/study/variants.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

/// Part of a cell's identity, so not the text that people read: that one may change.
std::string key_of(const Options& options) {
  std::vector<std::string> pieces;
  for (const auto& [name, value] : options) pieces.push_back(fmt::format("{}={}", name, text_of(value)));
  return join(pieces, ",");
}

/// How precise a paired measurement shall be, and by which clock, does not make it another one.
std::string key_of(const std::optional<Protocol>& protocol) {
  if (!protocol) return "none";
  const auto calls = protocol->kind == Sampling::paired
                         ? std::string("paired")
                         : fmt::format("{}+{}", protocol->warmup, protocol->repeat);
  return protocol->cache == Cache::cold ? calls + "+cold" : calls;
}

/// All options, channels among them where the block has such. Whether those suit the block is left to the
/// run, which records a cell that cannot be built.
Options options_at(const Study& study, const Variant& variant, const Options& from_axes,
                   const Channels& channels, const BlockSpec& block) {
  auto given = variant.options;
  for (const auto& [name, source] : variant.options_from)
    given.insert_or_assign(name, source == "in_channels" ? channels.in : channels.out);
  for (const auto& [name, value] : from_axes) given.insert_or_assign(name, value);
  auto without_channels = block;
  std::erase_if(without_channels.options, [](const auto& option) { return follows_channels(option.name); });
  const auto file = study.file.empty() ? std::string() : study.file + ": ";
  auto options =
      complete(without_channels, given, file + "/variants" + pointer_step(variant.name) + "/options/");
  for (const auto& option : block.options)
    if (follows_channels(option.name))
      options.emplace(option.name, option.name == "in_channels" ? channels.in : channels.out);
  return options;
}

/// The same for every form, device, dtype, batch and resolution: forms are compared on the same weights.
std::uint64_t seed_of(const Study& study, const Cell& cell) {
  return stable_hash(fmt::format("seed={} block={} options={{{}}} channels={},{}", study.seed, cell.block,
                                 key_of(cell.options), cell.channels.in, cell.channels.out));
}

}  // namespace

Cell make_cell(const Study& study, const Section& section, const Variant& variant,
               const std::vector<Axis>& point, const std::vector<BlockSpec>& blocks) {
  auto values = study.defaults;
  for (const auto* axes : {&point, &variant.at})
    for (const auto& axis : *axes) values.insert_or_assign(axis.name, axis.values.front());
  Cell cell;
  cell.variant = variant.name;
  cell.block = variant.block;
  cell.written = variant.written;
  cell.channels = std::get<Channels>(values.at("channels"));
  if (section.match && variant.name != section.match->to) {
    const auto where = fmt::format("{}: section {}, match", study.file, section.id);
    cell.channels.in = cell.channels.out =
        width_at(*section.match, variant.name, match_place(point), where).channels;
  }
  cell.resolution = std::get<Resolution>(values.at("resolution"));
  cell.batch = std::get<std::int64_t>(std::get<OptionValue>(values.at("batch")));
  cell.form = std::get<Form>(values.at("form"));
  cell.device = std::get<std::string>(values.at("device"));
  cell.dtype = std::get<Dtype>(values.at("dtype"));
  cell.tf32 = study.tf32;
  Options from_axes;
  for (const auto& [name, value] : values)
    if (!study.defaults.contains(name) && name != "cache")
      from_axes.emplace(name, std::get<OptionValue>(value));
  cell.options = options_at(study, variant, from_axes, cell.channels, block_of(blocks, variant));
  cell.seed = seed_of(study, cell);
  if (!section.protocols.empty()) cell.protocol = section.protocols.at(cell.device);
  if (const auto cache = values.find("cache"); cell.protocol && cache != values.end())
    cell.protocol->cache = cache->second == AxisValue(std::string("cold")) ? Cache::cold : Cache::hot;
  cell.id = hex(stable_hash(key(cell)));
  return cell;
}

std::string key_without_protocol(const Cell& cell) {
  return fmt::format(
      "{} {{{}}} form={} device={} dtype={} batch={} channels={},{} resolution={},{} seed={} tf32={}",
      cell.block, key_of(cell.options), name(cell.form), cell.device, name(cell.dtype), cell.batch,
      cell.channels.in, cell.channels.out, cell.resolution.height, cell.resolution.width, hex(cell.seed),
      cell.tf32);
}

std::string key(const Cell& cell) {
  return fmt::format("{} protocol={}", key_without_protocol(cell), key_of(cell.protocol));
}

}  // namespace ablate
