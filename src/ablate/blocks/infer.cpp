#include "ablate/blocks/infer.hpp"

#include "ablate/base/error.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

/// The shapes of one block, and where to say that one does not fit.
struct Reader {
  const Shapes& shapes;
  const Options& given;
  std::string_view where;

  bool has(std::string_view name) const { return shapes.find(name) != shapes.end(); }

  const std::vector<std::int64_t>& shape(std::string_view name, std::size_t rank) const {
    const auto found = shapes.find(name);
    if (found == shapes.end())
      throw UserError(where, fmt::format("no tensor \"{}\"", name), "the weights of a block's train form");
    if (found->second.size() != rank)
      throw UserError(fmt::format("{}: {}", where, name), fmt::format("{} dimensions", found->second.size()),
                      fmt::format("{}", rank));
    return found->second;
  }
  std::int64_t filter(std::string_view name, std::size_t dimension) const {
    return shape(name, 4)[dimension];
  }
  std::int64_t matrix(std::string_view name, std::size_t dimension) const {
    return shape(name, 2)[dimension];
  }
};

Options recalibration(const Reader& read) {
  return {{"channels", read.matrix("basis", 1)}, {"num_basis", read.matrix("basis", 0)}};
}

Options rep_conv(const Reader& read) {
  const auto out = read.filter("conv_kxk.weight", 0), per_group = read.filter("conv_kxk.weight", 1);
  const auto kernel = read.filter("conv_kxk.weight", 2);
  Options options{{"out_channels", out}, {"kernel_size", kernel}, {"padding", kernel / 2}};
  // Only the identity branch says that there are as many inputs as outputs.
  const auto groups = read.given.find("groups");
  if (read.has("bn_identity.weight") && per_group > 0)
    options["groups"] = out / per_group;
  else if (groups != read.given.end())
    options["groups"] = groups->second;
  else
    options["groups"] = std::int64_t{1};
  if (const auto* count = std::get_if<std::int64_t>(&options["groups"]))
    options["in_channels"] = per_group * *count;
  return options;
}

Options dw_block(const Reader& read) {
  const bool adjusts = read.has("conv.0.weight");
  const auto out = read.matrix("prcm.basis", 1);
  return {{"in_channels", adjusts ? read.filter("conv.0.weight", 1) : out},
          {"out_channels", out},
          {"kernel_size", read.filter(adjusts ? "conv.1.conv_kxk.weight" : "conv.0.conv_kxk.weight", 2)},
          {"num_basis", read.matrix("prcm.basis", 0)}};
}

Options stm_block(const Reader& read) {
  const auto half = read.matrix("affine_prcm.basis", 1);
  const auto half_in = read.has("pw_conv.weight") ? read.filter("pw_conv.weight", 1) : half;
  return {{"in_channels", 2 * half_in},
          {"out_channels", 2 * half},
          {"kernel_size", read.filter("dw_repconv.conv_kxk.weight", 2)},
          {"num_basis", read.matrix("affine_prcm.basis", 0)}};
}

Options fast_stm_block(const Reader& read) {
  const auto out = read.filter("mix_conv.weight", 0);
  return {{"in_channels", read.has("align_conv.weight") ? read.filter("align_conv.weight", 1) : out},
          {"out_channels", out},
          {"kernel_size", read.filter("partial_conv.conv_kxk.weight", 2)},
          {"num_basis", read.matrix("partial_prcm.basis", 0)}};
}

Options conv_bn_relu(const Reader& read) {
  return {{"in_channels", read.filter("0.weight", 1)},
          {"out_channels", read.filter("0.weight", 0)},
          {"kernel_size", read.filter("0.weight", 2)}};
}

}  // namespace

Options infer_options(std::string_view block, const Shapes& shapes, const Options& given,
                      std::string_view where) {
  using Infer = Options (*)(const Reader&);
  static const std::map<std::string_view, Infer> known{
      {"RepConv", rep_conv},         {"PRCM", recalibration},
      {"AffinePRCM", recalibration}, {"SimplePRCM", recalibration},
      {"DWBlock", dw_block},         {"STMBlock", stm_block},
      {"ConvBnRelu", conv_bn_relu},  {"FastSTMBlock", fast_stm_block},
  };
  const auto found = known.find(block);
  return found == known.end() ? Options{} : found->second({shapes, given, where});
}

}  // namespace ablate
