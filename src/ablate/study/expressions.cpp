#include "ablate/study/expressions.hpp"

#include "ablate/base/text.hpp"
#include "ablate/study/axes.hpp"
#include "ablate/study/keys.hpp"
#include "ablate/study/variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace ablate {
namespace {

constexpr std::int64_t most_times = 1000;
constexpr auto identity = "identity";

/// The key that says how a block is made, and what reads it.
const std::vector<std::string>& makings() {
  static const std::vector<std::string> keys{"block",    "torchscript", "aoti",     "sequence",
                                             "residual", "split",       "parallel", "repeat"};
  return keys;
}

class Expressions {
 public:
  explicit Expressions(const std::vector<BlockSpec>& blocks) : blocks_(blocks) {}

  BlockExpr read(const Node& node) const {
    if (node.is_string() || node.is_number() || node.is_boolean() || node.is_array())
      return named(node, std::nullopt);
    const auto how = making_of(node);
    node.allow_only(keys_of(how == "block" ? "part" : how));
    if (how == "block") return part(node, *node.find(how));
    if (how == "torchscript") return file(node, how, Making::torchscript);
    if (how == "aoti") return file(node, how, Making::aoti);
    const auto inner = *node.find(how);
    if (how == "sequence") return made_of(node, Making::sequence, inner.some_items());
    if (how == "residual") return made_of(node, Making::residual, {inner});
    if (how == "split") return split(node, inner);
    return how == "parallel" ? parallel(node, inner) : repeat(node, inner);
  }

 private:
  std::string making_of(const Node& node) const {
    std::vector<std::string> found;
    for (const auto& key : makings())
      if (node.find(key)) found.push_back(key);
    if (found.size() > 1) node.refuse(join(found, " and ") + " in one block", "one of them");
    if (!found.empty()) return found.front();
    for (const auto& [key, inner] : node.members())
      inner.refuse(fmt::format("unknown key \"{}\"", key), choices(key, makings()));
    node.refuse(fmt::format("an object with one of: {}", join(makings())));
  }

  BlockExpr named(const Node& at, const std::optional<Node>& options) const {
    BlockExpr block;
    block.place = at.where();
    auto names = names_of(blocks_);
    names.emplace_back(identity);
    block.block = at.one_of(names);
    if (block.block == identity) {
      block.making = Making::identity;
      if (options) options->refuse("options of identity", "none");
      return block;
    }
    auto spec = *std::ranges::find(blocks_, block.block, &BlockSpec::name);
    auto given = options ? read_options(*options, spec) : GivenOptions{};
    std::erase_if(spec.options, [&](const OptionSpec& option) {
      return follows_channels(option.name) || given.from.contains(option.name);
    });
    block.options = complete(spec, given.values, at.where() + "/options/");
    block.options_from = std::move(given.from);
    return block;
  }

  BlockExpr part(const Node& node, const Node& name) const {
    auto block = named(name, node.find("options"));
    block.place = node.where();
    if (const auto out = node.find("out_channels")) block.out_channels = out->integer(1, max_extent);
    return block;
  }

  static BlockExpr file(const Node& node, const std::string& key, Making making) {
    constexpr auto allowed = "sixteen hexadecimal digits, or none: then it is the file's";
    BlockExpr block;
    block.making = making;
    block.place = node.where();
    block.path = node.find(key)->text();
    const auto hash = node.need("hash", allowed);
    block.hash = hash.text();
    if (block.hash.size() != 16 || block.hash.find_first_not_of("0123456789abcdef") != std::string::npos)
      hash.refuse(allowed);
    return block;
  }

  BlockExpr made_of(const Node& node, Making making, const std::vector<Node>& parts) const {
    BlockExpr block;
    block.making = making;
    block.place = node.where();
    for (const auto& part : parts) block.parts.push_back(read(part));
    return block;
  }

  BlockExpr split(const Node& node, const Node& inner) const {
    inner.allow_only(keys_of("splitting"));
    const auto parts = inner.need("parts", "an array of two parts or more");
    auto block = made_of(node, Making::split, parts.some_items());
    if (block.parts.size() < 2) parts.refuse("two parts or more");
    if (const auto shuffle = inner.find("shuffle")) block.shuffle = shuffle->boolean();
    const auto fraction = inner.find("fraction"), sizes = inner.find("sizes");
    if (fraction && sizes) sizes->refuse("\"sizes\" and \"fraction\"", "one of them");
    if (sizes) {
      for (const auto& size : sizes->some_items()) block.sizes.push_back(size.integer(1, max_extent));
      if (block.sizes.size() != block.parts.size())
        sizes->refuse(fmt::format("{} sizes, one for each part", block.parts.size()));
    }
    if (fraction) {
      block.fraction = fraction->number();
      if (block.parts.size() != 2) fraction->refuse("a fraction of more than two parts", "\"sizes\"");
      if (!(*block.fraction > 0 && *block.fraction < 1)) fraction->refuse("a number between 0 and 1");
    }
    return block;
  }

  BlockExpr parallel(const Node& node, const Node& inner) const {
    auto block = made_of(node, Making::parallel, inner.some_items());
    if (block.parts.size() < 2) inner.refuse("two parts or more");
    const auto given = node.find("join");
    const std::vector<std::string> names(join_names.begin(), join_names.end());
    if (given) block.join = static_cast<Join>(std::ranges::find(names, given->one_of(names)) - names.begin());
    return block;
  }

  BlockExpr repeat(const Node& node, const Node& inner) const {
    inner.allow_only(keys_of("repetition"));
    auto block = made_of(node, Making::repeat, {inner.need("block", "a block")});
    block.times = inner.need("times", integer_between(1, most_times)).integer(1, most_times);
    return block;
  }

  const std::vector<BlockSpec>& blocks_;
};

}  // namespace

BlockExpr read_expression(const Node& node, const std::vector<BlockSpec>& blocks) {
  return Expressions(blocks).read(node);
}

}  // namespace ablate
