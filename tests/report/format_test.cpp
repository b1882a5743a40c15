#include "ablate/report/format.hpp"

#include "catch.hpp"
#include "record/examples.hpp"
#include "report/example_study.hpp"

#include <nlohmann/json.hpp>
#include <set>

using namespace ablate;

namespace {

Table example() {
  Table table{"s", "A | B", {"a note"}, {}, {}};
  table.columns = {{"name", "", "", false}, {"mean (µs)", "latency.mean", "s", true}};
  table.rows = {{{"pipe | \"quote\", comma", "x", ""}, {"1.0 ± 0.5", 1e-6, "00aa"}},
                {{"b", "b", ""}, {"—", {}, ""}}};
  return table;
}

std::set<std::string> keys(const nlohmann::json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.items()) names.insert(key);
  return names;
}

}  // namespace

TEST_CASE("text lines up, whatever the characters take in bytes", "[report]") {
  CHECK(to_text(example()) ==
        "A | B\n═════\na note\n\n"
        "name                   mean (µs)\n"
        "─────────────────────  ─────────\n"
        "pipe | \"quote\", comma  1.0 ± 0.5\n"
        "b                              —\n");
}

TEST_CASE("Markdown keeps its pipes apart from ours", "[report]") {
  CHECK(to_markdown(example()) ==
        "## A \\| B\n\na note\n\n| name | mean (µs) |\n| --- | ---: |\n"
        "| pipe \\| \"quote\", comma | 1.0 ± 0.5 |\n| b | — |\n");
}

TEST_CASE("CSV quotes what would break it, and holds a value a line", "[report]") {
  CHECK(to_csv({example()}) ==
        "section,table,row,column,metric,value,unit,text,cell\r\n"
        "s,A | B,\"name=pipe | \"\"quote\"\", comma\",mean (µs),latency.mean,1e-06,s,1.0 ± 0.5,00aa\r\n"
        "s,A | B,name=b,mean (µs),latency.mean,,s,—,\r\n");
}

TEST_CASE("tables.json has the keys of its schema, and values in SI", "[report]") {
  Study study;
  study.id = "notebook";
  const Environment environment;
  const auto json = nlohmann::json::parse(to_json(study, environment, {example()}));
  const auto schema = nlohmann::json::parse(examples::read(ABLATE_SOURCE_DIR "/docs/tables.schema.json"));
  CHECK(keys(json) == keys(schema.at("properties")));
  const auto& table_schema = schema.at("properties").at("tables").at("items").at("properties");
  const auto& table = json.at("tables").at(0);
  CHECK(keys(table) == keys(table_schema));
  CHECK(keys(table.at("columns").at(0)) == keys(table_schema.at("columns").at("items").at("properties")));
  CHECK(keys(table.at("rows").at(0).at(0)) ==
        keys(table_schema.at("rows").at("items").at("items").at("properties")));
  CHECK(json.at("environment") == hash(environment));
  CHECK(table.at("rows").at(0).at(1).at("value") == 1e-6);
  CHECK(table.at("rows").at(1).at(1).at("value").is_null());
}

TEST_CASE("the document names study, environment, protocols and what is missing", "[report]") {
  const auto planned = examples::planned(R"({"id": "s", "title": "S", "variants": ["A", "B"],
    "metrics": ["latency"], "protocol": "p"})");
  auto records = examples::records_of(planned, examples::skipped);
  auto measured = examples::record_of(planned.plan.cells.front());
  measured.latency = examples::latency(1e-3, 1e-5);
  records.insert_or_assign(measured.cell.id, measured);
  Environment environment;
  environment.cpu = "Some CPU";
  const auto tables = all_tables(planned.study, planned.plan, records);
  const auto text = to_markdown(planned.study, environment, tables);
  for (const char* part :
       {"# An example\n", "| CPU | Some CPU |", "- protocol p: 2 warm-up and 4 timed calls",
        "- 2 cells; 1 skipped, 0 failed, 0 not run", "## S\n"})
    CHECK(text.find(part) != std::string::npos);

  const examples::TemporaryDirectory directory;
  write_tables(directory.path(), planned.study, environment, tables);
  CHECK(examples::read(directory / "tables.md") == text);
  CHECK(examples::read(directory / "tables.csv") == to_csv(tables));
  CHECK(examples::read(directory / "tables.json") == to_json(planned.study, environment, tables));
}
