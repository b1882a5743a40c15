#include "ablate/blocks/infer.hpp"

#include "ablate/base/error.hpp"
#include "ablate/blocks/zoo/zoo_types.hpp"

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

/// The branches of a RepConv, whose tensors begin with `prefix`.
struct Branches {
  Branches(const Reader& reader, const std::string& prefix)
      : read(reader),
        kxk(prefix + "conv_kxk.weight"),
        pointwise(prefix + "conv_1x1.weight"),
        identity(prefix + "bn_identity.weight") {}

  std::int64_t out() const {
    if (!read.has(kxk) && !read.has(pointwise) && read.has(identity)) return read.shape(identity, 1)[0];
    return read.filter(any(), 0);
  }
  /// Inputs of a group; an identity branch by itself does not tell.
  std::int64_t per_group() const { return read.has(any()) ? read.filter(any(), 1) : 1; }

  /// The size of the kernel, and the branches that are not there. Without the k x k branch nothing tells the
  /// size; that there is no identity branch says something only where there could be one.
  void tell(Options& options, bool could_have_identity) const {
    if (read.has(kxk))
      options["kernel_size"] = read.filter(kxk, 2);
    else
      options["kxk"] = false;
    if (!read.has(pointwise) && !(read.has(kxk) && read.filter(kxk, 2) == 1)) options["pointwise"] = false;
    if (!read.has(identity) && could_have_identity) options["identity"] = false;
  }

  const std::string& any() const { return !read.has(kxk) && read.has(pointwise) ? pointwise : kxk; }

  const Reader& read;
  std::string kxk, pointwise, identity;
};

/// The number of vectors and the kind of the recalibration whose tensors begin with `prefix`, where that is
/// not the block's own.
void tell_recalibration(const Reader& read, const std::string& prefix, std::string_view own,
                        Options& options) {
  const auto kind = !read.has(prefix + "basis")              ? "none"
                    : read.has(prefix + "shift_proj.weight") ? "affine"
                                                             : "scale";
  if (kind != own) options["recalibration"] = std::string(kind);
  if (read.has(prefix + "basis")) options["num_basis"] = read.matrix(prefix + "basis", 0);
}

Options rep_conv(const Reader& read) {
  const Branches branches(read, "");
  const auto out = branches.out(), per_group = branches.per_group();
  Options options{{"out_channels", out}};
  // A missing identity branch may have been removed, or the stride, or the number of inputs, rules it out.
  branches.tell(options, false);
  if (read.has(branches.kxk)) options["padding"] = read.filter(branches.kxk, 2) / 2;
  // Only the identity branch says that there are as many inputs as outputs.
  const auto groups = read.given.find("groups");
  const bool alone = !read.has(branches.any());
  if (read.has(branches.identity) && !alone && per_group > 0)
    options["groups"] = out / per_group;
  else if (groups != read.given.end())
    options["groups"] = groups->second;
  else
    options["groups"] = std::int64_t{1};
  if (const auto* count = std::get_if<std::int64_t>(&options["groups"]))
    options["in_channels"] = alone ? out : per_group * *count;
  return options;
}

Options dw_block(const Reader& read) {
  const bool adjusts = read.has("conv.0.weight");
  const Branches branches(read, adjusts ? "conv.1." : "conv.0.");
  const auto out = branches.out();
  Options options{{"in_channels", adjusts ? read.filter("conv.0.weight", 1) : out}, {"out_channels", out}};
  branches.tell(options, true);
  tell_recalibration(read, "prcm.", "scale", options);
  return options;
}

Options stm_block(const Reader& read) {
  const Branches branches(read, "dw_repconv.");
  const auto half = branches.out();
  const auto half_in = read.has("pw_conv.weight") ? read.filter("pw_conv.weight", 1) : half;
  Options options{{"in_channels", 2 * half_in}, {"out_channels", 2 * half}};
  branches.tell(options, true);
  tell_recalibration(read, "affine_prcm.", "affine", options);
  return options;
}

/// Without the mixing convolution nothing tells whether the passive half has one channel more.
std::int64_t fast_stm_outputs(const Reader& read, std::int64_t active) {
  for (const auto* name : {"mix_conv.weight", "align_conv.weight"})
    if (read.has(name)) return read.filter(name, 0);
  const auto given = read.given.find("out_channels");
  const auto is_odd = given != read.given.end() && given->second == OptionValue(2 * active + 1);
  return 2 * active + (is_odd ? 1 : 0);
}

Options fast_stm_block(const Reader& read) {
  const Branches branches(read, "partial_conv.");
  const auto out = fast_stm_outputs(read, branches.out());
  Options options{{"in_channels", read.has("align_conv.weight") ? read.filter("align_conv.weight", 1) : out},
                  {"out_channels", out}};
  branches.tell(options, true);
  tell_recalibration(read, "partial_prcm.", "scale", options);
  if (!read.has("mix_conv.weight")) options["mixing"] = false;
  return options;
}

Options conv_bn_relu(const Reader& read) {
  return {{"in_channels", read.filter("0.weight", 1)},
          {"out_channels", read.filter("0.weight", 0)},
          {"kernel_size", read.filter("0.weight", 2)}};
}

}  // namespace

Options infer_options(std::string_view block, const Shapes& shapes, const Options& given,
                      std::string_view where) {
  if (auto zoo = infer_zoo_options(block, shapes, given, where)) return std::move(*zoo);
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
