#include "ablate/report/html_report.hpp"
#include "ablate/report/cell_cards.hpp"
#include "ablate/report/claims_html.hpp"
#include "ablate/report/escape.hpp"
#include "ablate/report/html_page.hpp"
#include "ablate/report/section_figures.hpp"
#include "ablate/report/svg.hpp"
#include "catch.hpp"
#include "example_study.hpp"

#include <nlohmann/json.hpp>
#include <regex>

using namespace ablate;

namespace {

const std::string hostile = R"(</script><b onload="x">&'<!--)";

examples::Planned hostile_study() {
  nlohmann::json section{{"id", "channels"},
                         {"title", hostile},
                         {"note", hostile},
                         {"axes", {{"channels", {32, 64}}}},
                         {"metrics", {"params", "latency.median"}},
                         {"protocol", "p"},
                         {"baseline", {{"variant", "A"}}}};
  nlohmann::json claim{{"id", "c"},      {"text", hostile}, {"section", "channels"}, {"metric", "params"},
                       {"variant", "B"}, {"is", "below"},   {"other", "A"}};
  return examples::planned(section.dump(), "", "[" + claim.dump() + "]");
}

Record record_with(const Cell& cell) {
  auto record = examples::record_of(cell);
  record.counts = Counts{cell.channels.in * 10, 1, 1000, 100};
  record.latency = examples::latency(1e-5, 1e-6, 100);
  record.attained = Attained{2e8, 1e7, 0.5, true};
  record.disturbed = {hostile};
  return record;
}

std::string page_of(const examples::Planned& planned, const Records& records) {
  Environment environment;
  environment.cpu = hostile;
  environment.peaks["cpu"] = {1e10, 1e11};
  return html_report({planned.study, planned.plan, records, environment, "runs/it's mine/study.json"});
}

/// Everything that a browser would fetch: an address that is neither a place in the page nor data.
std::vector<std::string> requests_in(const std::string& html) {
  std::vector<std::string> found;
  for (const std::string start : {" src=\"", " href=\"", "url(", "@import", "://"})
    for (auto at = html.find(start); at != std::string::npos; at = html.find(start, at + 1)) {
      const auto address = html.substr(at + start.size(), 40);
      if (!address.starts_with('#') && !address.starts_with("data:")) found.push_back(start + address);
    }
  return found;
}

}  // namespace

TEST_CASE("text from a study cannot leave the place it stands in", "[html]") {
  CHECK(escape_markup("<a b='\"'>&") == "&lt;a b=&#39;&quot;&#39;&gt;&amp;");
  CHECK(escape_markup(std::string_view("\x01z", 2)) == "?z");
  CHECK(escape_script(R"({"a":"</script><!--"})").find('<') == std::string::npos);

  const auto planned = hostile_study();
  const auto html = page_of(planned, examples::records_of(planned, record_with));
  CHECK(html.find("<b onload") == std::string::npos);
  CHECK(html.find(hostile) == std::string::npos);
  CHECK(html.find("&lt;/script&gt;&lt;b onload=&quot;x&quot;&gt;") != std::string::npos);
  // Three script elements: the theme, the data, the script.
  const std::regex closing("</script");
  CHECK(std::distance(std::sregex_iterator(html.begin(), html.end(), closing), std::sregex_iterator()) == 3);
}

TEST_CASE("a page fetches nothing", "[html]") {
  const auto planned = hostile_study();
  const auto html = page_of(planned, examples::records_of(planned, record_with));
  CHECK(requests_in(html).empty());
  CHECK(requests_in("<img src=\"a.png\">").size() == 1);
  CHECK(requests_in("<a href=\"#main\"><link href=\"data:,\">").empty());
  CHECK(html.find("default-src 'none'") != std::string::npos);
}

TEST_CASE("a page shows verdicts first, then sections with pictures, the environment last", "[html]") {
  const auto planned = hostile_study();
  const auto html = page_of(planned, examples::records_of(planned, record_with));
  const auto claims = html.find("<section id=\"claims\""),
             section = html.find("<section id=\"section-channels\""),
             summary = html.find("<section id=\"summary\""),
             environment = html.find("<section id=\"environment\"");
  CHECK(claims < section);
  CHECK(section < summary);
  CHECK(summary < environment);
  CHECK(environment < html.size());
  CHECK(html.find("<svg", section) < summary);
  CHECK(html.find("id=\"roofline-cpu\"") < environment);
}

TEST_CASE("a page can be made of a run whose cells were skipped, failed or not run", "[html]") {
  const auto planned = hostile_study();
  const auto skipped = page_of(planned, examples::records_of(planned, examples::skipped));
  CHECK(skipped.find("<figure") == std::string::npos);
  CHECK(skipped.find("CUDA is not available here") != std::string::npos);
  CHECK(page_of(planned, {}).find("not run") != std::string::npos);
}

TEST_CASE("a cell's card says what its record says, and the command that measures it again", "[html]") {
  const auto planned = hostile_study();
  const auto records = examples::records_of(planned, record_with);
  const auto& cell = planned.plan.cells.front();
  const auto cards = nlohmann::json::parse(cell_cards(planned.plan, records, "runs/it's mine/study.json"));
  CHECK(cards.size() == planned.plan.cells.size());
  const auto& card = cards.at(cell.id);
  CHECK(card.at("title") == "A");
  CHECK(card.at("flags").at(0) == "disturbed: " + hostile);
  CHECK(card.at("clocks").at(0).at(0) == "host");
  CHECK(card.at("command") == "ablate run 'runs/it'\\''s mine/study.json' --cell " + cell.id);
}

TEST_CASE("samples are thinned to evenly spaced ranks, the least and the greatest among them", "[html]") {
  std::vector<double> samples;
  for (int i = 0; i < 1001; ++i) samples.push_back((i * 617) % 1001);
  const auto few = thinned(samples, 11);
  REQUIRE(few.size() == 11);
  for (std::size_t i = 0; i < few.size(); ++i) CHECK(few[i] == 100.0 * static_cast<double>(i));
  CHECK(thinned({3, 1, 2}, 60) == std::vector<double>{3, 1, 2});
}

TEST_CASE("a sweep has a line for each variant, with an interval at each point", "[html]") {
  const auto planned = hostile_study();
  const auto records = examples::records_of(planned, record_with);
  const auto figures = section_figures(planned.study, planned.plan, planned.plan.sections.front(), records);
  REQUIRE(figures.size() == 2);
  REQUIRE(figures[0].series.size() == 3);
  CHECK(figures[0].series[0].name == "A");
  REQUIRE(figures[0].series[0].points.size() == 2);
  const auto& point = figures[0].series[0].points[1];
  CHECK(point.x == 64);
  CHECK(point.low.value_or(99) <= point.y);
  CHECK(point.high.value_or(0) >= point.y);
  CHECK(figures[1].id == "channels-params");
}

TEST_CASE("a verdict is explained in sentences", "[html]") {
  Verdict verdict;
  verdict.effect = Estimate{1.2, 1.1, 1.3};
  verdict.effect_of = "B / A at cpu 64";
  verdict.holds = 1;
  verdict.fails = 2;
  verdict.why = "within noise";
  CHECK(explanation_of(verdict) ==
        "B / A at cpu 64: 1.200 [1.100, 1.300]. Holds at 1 point, fails at 2 points. Within noise.");
}

TEST_CASE("more lines than a reader can tell apart are drawn in several pictures", "[html]") {
  const auto figures_of = [](const std::string& axes) {
    const auto planned = examples::planned(R"({"id": "s", "title": "S", "axes": )" + axes +
                                           R"(, "metrics": ["params", "latency.median"], "protocol": "p"})");
    const auto records = examples::records_of(planned, record_with);
    return section_figures(planned.study, planned.plan, planned.plan.sections.at(0), records);
  };
  const auto few = figures_of(R"({"channels": [32, 64], "batch": [1, 2, 4, 8]})");
  REQUIRE(few.size() == 2);
  CHECK(few[0].series.size() == 12);

  const auto many = figures_of(R"({"channels": [32, 64], "batch": [1, 2, 4, 8, 16]})");
  REQUIRE(many.size() == 6);  // latency at each batch; the parameters are the same at all
  for (const auto& figure : many) CHECK(figure.series.size() == 3);
  CHECK(many[0].caption.ends_with(", batch 1"));
  CHECK(many[4].caption.ends_with(", batch 16"));
  CHECK(many[0].id != many[1].id);
  CHECK(many[0].series[0].name == "A");
}
