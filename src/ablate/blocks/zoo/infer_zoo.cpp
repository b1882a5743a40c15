#include "ablate/base/error.hpp"
#include "ablate/blocks/zoo/zoo_types.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ablate {
namespace {

/// The shapes of one block of the literature, and where to say that one does not fit.
struct ZooShapes {
  const Shapes& shapes;
  const Options& given;
  std::string_view where;

  bool has(std::string_view name) const { return shapes.find(name) != shapes.end(); }

  /// The extent of a tensor along `dimension`.
  std::int64_t at(std::string_view name, std::size_t dimension) const {
    const auto found = shapes.find(name);
    if (found == shapes.end())
      throw UserError(where, fmt::format("no tensor \"{}\"", name), "the weights of a block's train form");
    if (found->second.size() <= dimension)
      throw UserError(fmt::format("{}: {}", where, name), fmt::format("{} dimensions", found->second.size()),
                      fmt::format("more than {}", dimension));
    return found->second[dimension];
  }

  /// An option that shapes do not tell: the one given, or `otherwise`.
  std::int64_t given_or(std::string_view name, std::int64_t otherwise) const {
    const auto found = given.find(name);
    const auto* value = found == given.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    return value ? *value : otherwise;
  }
};

/// a / b, for shapes that nobody has checked yet.
std::int64_t over(std::int64_t a, std::int64_t b) { return b > 0 ? a / b : 0; }

Options infer_inverted_residual(const ZooShapes& read) {
  const bool expands = read.has("conv.3.weight");
  const auto depthwise = expands ? "conv.1.0.weight" : "conv.0.0.weight";
  const auto hidden = read.at(depthwise, 0);
  const auto in = expands ? read.at("conv.0.0.weight", 1) : hidden;
  return {{"in_channels", in},
          {"out_channels", read.at(expands ? "conv.2.weight" : "conv.1.weight", 0)},
          {"expansion", over(hidden, in)},
          {"kernel_size", read.at(depthwise, 2)}};
}

Options infer_shuffle_unit(const ZooShapes& read) {
  return {{"channels", 2 * read.at("branch2.0.weight", 0)}, {"kernel_size", read.at("branch2.3.weight", 2)}};
}

/// An identity branch says that there are as many inputs as outputs, and so how many groups.
Options infer_branched(const ZooShapes& read, const std::string& widest) {
  const auto out = read.at(widest, 0), per_group = read.at(widest, 1);
  const auto groups = read.has("identity.weight") ? over(out, per_group) : read.given_or("groups", 1);
  return {{"in_channels", per_group * groups},
          {"out_channels", out},
          {"kernel_size", read.at(widest, 2)},
          {"groups", groups}};
}

Options infer_repvgg(const ZooShapes& read) { return infer_branched(read, "conv_kxk.conv.weight"); }

std::int64_t branches_below(const ZooShapes& read, std::string_view prefix) {
  std::int64_t count = 0;
  while (read.has(fmt::format("{}{}.conv.weight", prefix, count))) ++count;
  return count;
}

Options infer_mobile_one_conv(const ZooShapes& read) {
  auto options = infer_branched(read, "conv_kxk.0.conv.weight");
  options["branches"] = branches_below(read, "conv_kxk.");
  return options;
}

Options infer_mobile_one_block(const ZooShapes& read) {
  return {{"in_channels", read.at("0.conv_kxk.0.conv.weight", 0)},
          {"out_channels", read.at("1.conv_kxk.0.conv.weight", 0)},
          {"kernel_size", read.at("0.conv_kxk.0.conv.weight", 2)},
          {"branches", branches_below(read, "0.conv_kxk.")}};
}

/// Whether the last channels are cut off does not show; where they are, `given` says how many are left.
Options infer_ghost(const ZooShapes& read) {
  const auto intrinsic = read.at("primary_conv.0.weight", 0), made = read.at("cheap_operation.0.weight", 0);
  const auto all = intrinsic + made, ratio = over(all, intrinsic), out = read.given_or("out_channels", all);
  return {{"in_channels", read.at("primary_conv.0.weight", 1)},
          {"out_channels", ratio > 0 && over(out + ratio - 1, ratio) == intrinsic ? out : all},
          {"ratio", ratio},
          {"kernel_size", read.at("primary_conv.0.weight", 2)},
          {"cheap_size", read.at("cheap_operation.0.weight", 2)}};
}

Options infer_conv_next(const ZooShapes& read) {
  const auto channels = read.at("block.0.weight", 0);
  return {{"channels", channels},
          {"kernel_size", read.at("block.0.weight", 2)},
          {"expansion", over(read.at("block.3.weight", 0), channels)}};
}

/// The divisor of a partial convolution is that of the channels where it divides them; else the one given, or
/// the paper's, which must leave as many.
Options infer_faster_net(const ZooShapes& read) {
  const auto channels = read.at("mlp.0.weight", 1),
             active = read.at("spatial_mixing.partial_conv3.weight", 0);
  auto divisor = read.given_or("partial_divisor", 4);
  if (over(channels, divisor) != active) divisor = over(channels, active);
  Options options{{"channels", channels},
                  {"partial_divisor", divisor},
                  {"kernel_size", read.at("spatial_mixing.partial_conv3.weight", 2)},
                  {"expansion", over(read.at("mlp.0.weight", 0), channels)}};
  // Its initial value leaves no trace; that there is a gain does.
  const auto given = read.given.find("layer_scale");
  const bool is_given = given != read.given.end() && given->second != OptionValue(0.0);
  if (!read.has("layer_scale")) options["layer_scale"] = 0.0;
  if (read.has("layer_scale") && !is_given) options["layer_scale"] = 1.0;
  return options;
}

/// The channels that are not convolved leave no trace.
Options infer_partial_conv(const ZooShapes& read) {
  return {{"kernel_size", read.at("partial_conv3.weight", 2)}};
}

/// Several reductions may leave one bottleneck; the one given is kept if it does.
Options infer_squeeze_excitation(const ZooShapes& read) {
  const auto channels = read.at("fc1.weight", 1), squeezed = read.at("fc1.weight", 0);
  const auto given = read.given_or("reduction", 16);
  const bool fits = given > 0 && std::max<std::int64_t>(1, channels / given) == squeezed;
  return {{"channels", channels}, {"reduction", fits ? given : over(channels, squeezed)}};
}

/// A convolution along the channels does not tell how many there are. Where it is as long as the paper's rule
/// has it, the option may be left at 0.
Options infer_eca(const ZooShapes& read) {
  const auto size = read.at("conv.weight", 2);
  return read.given_or("kernel_size", 0) == 0 && read.given.contains("channels")
             ? Options{}
             : Options{{"kernel_size", size}};
}

}  // namespace

std::optional<Options> infer_zoo_options(std::string_view block, const Shapes& shapes, const Options& given,
                                         std::string_view where) {
  using Infer = Options (*)(const ZooShapes&);
  static const std::map<std::string_view, Infer> known{
      {"InvertedResidual", infer_inverted_residual},
      {"ShuffleUnit", infer_shuffle_unit},
      {"RepVGGBlock", infer_repvgg},
      {"MobileOneConv", infer_mobile_one_conv},
      {"MobileOneBlock", infer_mobile_one_block},
      {"GhostModule", infer_ghost},
      {"ConvNeXtBlock", infer_conv_next},
      {"FasterNetBlock", infer_faster_net},
      {"PartialConv", infer_partial_conv},
      {"SqueezeExcitation", infer_squeeze_excitation},
      {"ECA", infer_eca},
  };
  const auto found = known.find(block);
  if (found == known.end()) return std::nullopt;
  return found->second({shapes, given, where});
}

}  // namespace ablate
