#include "ablate/report/explain.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "report/example_study.hpp"

#include <nlohmann/json.hpp>

using namespace ablate;

namespace {

constexpr auto explained_sections = R"({"id": "s", "title": "Over channels", "axes": {"channels": [8, 16]},
  "metrics": ["params", "latency.median"], "protocol": "p", "baseline": {"variant": "A"}})";
constexpr auto explained_claims = R"([{"id": "fewer", "text": "B has fewer parameters", "section": "s",
  "metric": "params", "variant": "B", "is": "below", "other": "A"}])";

Record explained_record(const Cell& cell) {
  auto record = examples::record_of(cell);
  record.counts = Counts{cell.variant == "A" ? 200 : 100, 10, 5000, 4096};
  record.parts = {{"conv", "Conv2d 1x1", 90, 0}};
  record.latency = examples::latency(cell.variant == "A" ? 2e-3 : 1e-3, 1e-5, 40);
  record.environment = "there";
  return record;
}

struct Explained {
  examples::Planned planned = examples::planned(explained_sections, "", explained_claims);
  Records records = examples::records_of(planned, explained_record);
  Environment environment;

  const Cell& cell(const std::string& variant) const {
    for (const auto& cell : planned.plan.cells)
      if (cell.variant == variant) return cell;
    throw std::logic_error("no such variant");
  }
  Explanation explain(const std::string& variant) const {
    return ablate::explain({planned.study, planned.plan, records, environment, "runs/x"}, cell(variant));
  }
};

std::string error_of_name(const Plan& plan, const std::string& id) {
  try {
    cell_named(plan, id, "runs/x");
  } catch (const UserError& error) {
    return std::string(error.what()) + " | " + error.next();
  }
  return "no error";
}

bool tells(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("a cell is named by how its id begins, where that is enough", "[report]") {
  const auto plan = examples::planned(explained_sections).plan;
  const auto& cell = plan.cells.front();
  CHECK(&cell_named(plan, cell.id, "runs/x") == &cell);
  CHECK(&cell_named(plan, cell.id.substr(0, 8), "runs/x") == &cell);
}

TEST_CASE("an id that no cell has is refused with the nearest, one that many begin with lists them",
          "[report]") {
  const auto plan = examples::planned(explained_sections).plan;
  auto id = plan.cells.front().id;
  id.back() = id.back() == '0' ? '1' : '0';
  const auto unknown = error_of_name(plan, id);
  CHECK(tells(unknown, "did you mean " + plan.cells.front().id));
  CHECK(tells(unknown, "see: ablate plan runs/x/study.json"));
  CHECK(tells(error_of_name(plan, ""), "no cell is \"\""));

  auto twins = plan;
  twins.cells[0].id = "aa11111111111111";
  twins.cells[1].id = "aa22222222222222";
  const auto several = error_of_name(twins, "aa");
  CHECK(tells(several, "2 cells begin with \"aa\""));
  CHECK(tells(several, "aa11111111111111"));
  CHECK(tells(several, "aa22222222222222"));
}

TEST_CASE("an explanation tells counts, clocks, ratios, claims and how to measure again", "[report]") {
  const Explained run;
  const auto explanation = run.explain("B");
  const auto text = to_text(explanation);
  for (const auto* what :
       {"B", "STMBlock", "conv", "Conv2d 1x1", "4 KiB", "median 1", "40 samples", "Over channels", "0.500",
        "supported: B has fewer parameters", "another than the run began in"})
    CHECK(tells(text, what));
  CHECK(tells(text, "ablate run runs/x/study.json --cell " + run.cell("B").id));
  REQUIRE(explanation.shown_in.size() == 1);
  REQUIRE(explanation.shown_in.front().standings.size() == 2);
  const auto& params = explanation.shown_in.front().standings.front();
  CHECK(params.exact);
  CHECK(params.ratio.value == Approx(0.5));
  CHECK(params.baseline == run.cell("A").id);
}

TEST_CASE("a baseline has no ratio, a cell that was not run says so", "[report]") {
  Explained run;
  CHECK(run.explain("A").shown_in.front().standings.empty());
  run.records.erase(run.cell("B").id);
  const auto text = to_text(run.explain("B"));
  CHECK(tells(text, "not run"));
  CHECK(tells(text, "Over channels"));
}

TEST_CASE("an explanation as JSON holds the record without its samples", "[report]") {
  const Explained run;
  const auto json = nlohmann::json::parse(to_json(run.explain("B")));
  CHECK(json.at("cell") == run.cell("B").id);
  CHECK(json.at("record").at("params") == 100);
  CHECK(json.at("record").at("latency_s").contains("median"));
  CHECK_FALSE(json.at("record").at("latency_s").contains("samples"));
  CHECK(json.at("clocks").at("host").at("samples") == 40);
  CHECK(json.at("shown_in").at(0).at("against_baseline").at(0).at("ratio") == Approx(0.5));
  CHECK(json.at("claims").at(0).at("verdict") == "supported");
  CHECK(json.at("command").get<std::string>().starts_with("ablate run "));
}
