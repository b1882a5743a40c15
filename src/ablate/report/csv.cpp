#include "ablate/base/text.hpp"
#include "ablate/report/format.hpp"

#include <fmt/format.h>

namespace ablate {
namespace {

/// RFC 4180: a field with a comma, a quote or a line break stands in quotes, its own quotes doubled.
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

std::string line_of(const std::vector<std::string>& fields) {
  std::vector<std::string> safe;
  for (const auto& field : fields) safe.push_back(quoted(field));
  return join(safe, ",") + "\r\n";
}

struct CsvValue {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return value; }
};

/// "channels=64; form=deploy".
std::string labels_of(const Table& table, const std::vector<TableCell>& row) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < row.size(); ++i)
    if (table.columns[i].metric.empty())
      labels.push_back(fmt::format("{}={}", table.columns[i].header, row[i].text));
  return join(labels, "; ");
}

/// Metric and unit of a row that shows one metric throughout.
std::pair<std::string, std::string> metric_of_row(const Table& table, const std::vector<TableCell>& row) {
  for (std::size_t i = 0; i < row.size(); ++i)
    if (table.columns[i].metric.empty() && table.columns[i].header == "metric") {
      const auto name = std::visit(CsvValue{}, row[i].value);
      const auto* metric = metric_named(name);
      return {name, metric ? metric->unit : ""};
    }
  return {};
}

}  // namespace

std::string to_csv(const std::vector<Table>& tables) {
  auto text = line_of({"section", "table", "row", "column", "metric", "value", "unit", "text", "cell"});
  for (const auto& table : tables)
    for (const auto& row : table.rows) {
      const auto labels = labels_of(table, row);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const auto& column = table.columns[i];
        if (column.metric.empty()) continue;
        const auto [metric, unit] = column.metric == metric_by_row ? metric_of_row(table, row)
                                                                   : std::pair(column.metric, column.unit);
        text += line_of({table.section, table.title, labels, column.header, metric,
                         std::visit(CsvValue{}, row[i].value), unit, row[i].text, row[i].cell});
      }
    }
  return text;
}

}  // namespace ablate
