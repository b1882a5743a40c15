#include "ablate/report/format.hpp"

#include <nlohmann/json.hpp>

namespace ablate {
namespace {

using nlohmann::ordered_json;

constexpr int tables_schema = 1;

struct JsonValue {
  ordered_json operator()(std::monostate) const { return nullptr; }
  ordered_json operator()(double value) const { return value; }
  ordered_json operator()(const std::string& value) const { return value; }
};

ordered_json json_of(const Table& table) {
  auto columns = ordered_json::array(), rows = ordered_json::array();
  for (const auto& column : table.columns)
    columns.push_back({{"header", column.header}, {"metric", column.metric}, {"unit", column.unit}});
  for (const auto& row : table.rows) {
    auto cells = ordered_json::array();
    for (const auto& cell : row)
      cells.push_back(
          {{"text", cell.text}, {"value", std::visit(JsonValue{}, cell.value)}, {"cell", cell.cell}});
    rows.push_back(std::move(cells));
  }
  return {{"section", table.section},
          {"title", table.title},
          {"notes", table.notes},
          {"columns", std::move(columns)},
          {"rows", std::move(rows)}};
}

}  // namespace

std::string to_json(const Study& study, const Environment& environment, const std::vector<Table>& tables) {
  auto all = ordered_json::array();
  for (const auto& table : tables) all.push_back(json_of(table));
  const ordered_json json{{"schema", tables_schema},
                          {"study", study.id},
                          {"title", study.title},
                          {"environment", hash(environment)},
                          {"tables", std::move(all)}};
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace ablate
