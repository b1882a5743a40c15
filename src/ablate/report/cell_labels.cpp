#include "ablate/report/cell_labels.hpp"

#include "ablate/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

namespace ablate {
namespace {

struct Dimension {
  const char* name;
  std::string (*text)(const Cell&);
  const char* prefix;  ///< where the value alone would not say what it is
};

/// Channels stand in a column of their own.
std::string options_text(const Cell& cell) {
  auto options = cell.options;
  std::erase_if(options, [](const auto& option) { return follows_channels(option.first); });
  return text_of(options);
}

std::string protocol_text(const Cell& cell) { return cell.protocol ? cell.protocol->name : "none"; }

const std::array<Dimension, 9> dimensions{{
    {"variant", [](const Cell& cell) { return cell.variant; }, ""},
    {"form", [](const Cell& cell) { return std::string(name(cell.form)); }, ""},
    {"device", [](const Cell& cell) { return cell.device; }, ""},
    {"dtype", [](const Cell& cell) { return std::string(name(cell.dtype)); }, ""},
    {"batch", [](const Cell& cell) { return fmt::format("{}", cell.batch); }, "batch "},
    {"channels", [](const Cell& cell) { return label("channels", cell.channels); }, "channels "},
    {"resolution", [](const Cell& cell) { return label("resolution", cell.resolution); }, ""},
    {"protocol", protocol_text, "protocol "},
    {"options", options_text, ""},
}};
constexpr std::size_t variant = 0, options = 8;

/// Blocks have different options by nature; they tell cells apart only where one variant has several.
bool varies(std::size_t dimension, const std::vector<const Cell*>& cells) {
  std::map<std::string, std::set<std::string>> texts;
  for (const auto* cell : cells)
    texts[dimension == options ? cell->variant : ""].insert(dimensions[dimension].text(*cell));
  for (const auto& [of, each] : texts)
    if (each.size() > 1) return true;
  return false;
}

}  // namespace

CellLabels::CellLabels(const std::vector<const Cell*>& cells) {
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    if (i == variant || varies(i, cells)) {
      shown_.push_back(i);
    } else if (i != options && !cells.empty()) {
      common_.push_back(dimensions[i].prefix + dimensions[i].text(*cells.front()));
    }
  }
}

std::vector<TableColumn> CellLabels::columns() const {
  std::vector<TableColumn> columns;
  for (const auto i : shown_) columns.push_back({dimensions[i].name, "", "", false});
  return columns;
}

std::vector<TableCell> CellLabels::row(const Cell& cell) const {
  std::vector<TableCell> row;
  for (const auto i : shown_) {
    const auto text = dimensions[i].text(cell);
    row.push_back({text, text, {}});
  }
  return row;
}

std::string CellLabels::shared() const { return common_.empty() ? "" : "all: " + join(common_); }

}  // namespace ablate
