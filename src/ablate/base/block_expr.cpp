#include "ablate/base/block_expr.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>

namespace ablate {
namespace {

std::string parts_of(const BlockExpr& block) {
  std::vector<std::string> parts;
  for (const auto& part : block.parts) parts.push_back(text_of(part));
  return join(parts);
}

std::string named_text(const BlockExpr& block) {
  std::vector<std::string> settings;
  for (const auto& [option, value] : block.options)
    settings.push_back(fmt::format("{}={}", option, text_of(value)));
  for (const auto& [option, source] : block.options_from)
    settings.push_back(fmt::format("{}={}", option, source));
  if (block.out_channels) settings.push_back(fmt::format("out_channels={}", *block.out_channels));
  return fmt::format("{}{{{}}}", block.block, join(settings, ","));
}

std::string split_text(const BlockExpr& block) {
  std::string how;
  if (!block.sizes.empty())
    how = fmt::format("[{}]", fmt::join(block.sizes, ","));
  else if (block.fraction)
    how = fmt::format("[{}]", *block.fraction);
  return fmt::format("split{}{}({})", how, block.shuffle ? "+shuffle" : "", parts_of(block));
}

}  // namespace

std::string text_of(const BlockExpr& block) {
  switch (block.making) {
    case Making::named:
      return named_text(block);
    case Making::identity:
      return "identity";
    case Making::torchscript:
    case Making::aoti:
      return fmt::format("{}#{}", short_name(block), block.hash);
    case Making::sequence:
      return fmt::format("sequence({})", parts_of(block));
    case Making::residual:
      return fmt::format("residual({})", parts_of(block));
    case Making::split:
      return split_text(block);
    case Making::parallel:
      return fmt::format("parallel+{}({})", name(block.join), parts_of(block));
    case Making::repeat:
      break;
  }
  return fmt::format("repeat[{}]({})", block.times, parts_of(block));
}

std::string short_name(const BlockExpr& block) {
  switch (block.making) {
    case Making::named:
      return block.block;
    case Making::identity:
      return "identity";
    case Making::torchscript:
    case Making::aoti:
      return std::filesystem::path(block.path).filename().string();
    case Making::sequence:
      return fmt::format("sequence of {}", block.parts.size());
    case Making::residual:
      return "residual";
    case Making::split:
      return fmt::format("split in {}", block.parts.size());
    case Making::parallel:
      return fmt::format("parallel of {}", block.parts.size());
    case Making::repeat:
      break;
  }
  return fmt::format("{} times", block.times);
}

std::optional<std::string> content_hash(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream bytes;
  if (stream) bytes << stream.rdbuf();
  if (!stream) return std::nullopt;
  return hex(stable_hash(bytes.str()));
}

}  // namespace ablate
