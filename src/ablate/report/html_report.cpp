#include "ablate/report/html_report.hpp"

#include "ablate/record/files.hpp"
#include "ablate/report/cell_cards.hpp"
#include "ablate/report/claims_html.hpp"
#include "ablate/report/environment_facts.hpp"
#include "ablate/report/escape.hpp"
#include "ablate/report/html_page.hpp"
#include "ablate/report/section_figures.hpp"
#include "ablate/report/svg.hpp"
#include "ablate/report/verdicts.hpp"
#include "ablate/report/view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ablate {
namespace {

std::string facts_table(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string rows;
  for (const auto& [fact, value] : facts)
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape_markup(fact),
                        escape_markup(value));
  return "<div class=\"scroll\"><table class=\"facts\"><tbody>" + rows + "</tbody></table></div>\n";
}

HtmlSection claims_section(const ReportedRun& run) {
  const auto verdicts = judge(run.study, run.plan, run.records);
  HtmlSection section{"claims", "Verdicts", ""};
  section.html = html_paragraph(count_text(verdicts), "lead");
  section.html += html_paragraph(fmt::format(
      "Corrected over all claims (Holm, {:g} %). A ratio's interval is as wide as its verdict asks.",
      100 * claims_alpha));
  for (const auto& note : floor_notes(run.records)) section.html += html_paragraph(note);
  section.html += claims_html(verdicts);
  return section;
}

HtmlSection measured_section(const ReportedRun& run, const PlannedSection& planned) {
  const auto& section = run.study.sections.at(planned.section);
  HtmlSection html{figure_id("section-" + section.id), section.title, ""};
  html.html = html_figures(section_figures(run.study, run.plan, planned, run.records));
  for (const auto& table : tables_of(run.study, run.plan, planned, run.records))
    html.html += html_table(table);
  const SectionView view(run.study, run.plan, planned, run.records);
  if (const auto samples = html_figures(sample_figures(view)); !samples.empty())
    html.html += "<details class=\"samples\"><summary>Distribution of the samples</summary>\n" +
                 html_paragraph(fmt::format(
                     "Each tick is a sample. Of a cell with more than {0}, {0} evenly spaced ranks are "
                     "shown; the records hold them all.",
                     shown_samples)) +
                 samples + "</details>\n";
  return html;
}

HtmlSection summary_section(const ReportedRun& run) {
  HtmlSection section{"summary", run.study.summary ? run.study.summary->title : "Summary", ""};
  auto figures = pareto_figures(run.study, run.plan, run.records);
  auto roofs = roofline_figures(run.plan, run.records, run.environment);
  std::move(roofs.begin(), roofs.end(), std::back_inserter(figures));
  section.html = html_figures(figures);
  // The verdicts stand at the top.
  for (auto& table : summary_tables(run.study, run.plan, run.records)) {
    if (std::ranges::find(table.columns, "claim.verdict", &TableColumn::metric) != table.columns.end())
      continue;
    if (const auto prefix = section.title + " — "; table.title.starts_with(prefix))
      table.title.erase(0, prefix.size());
    section.html += html_table(table);
  }
  return section;
}

HtmlSection environment_section(const ReportedRun& run) {
  HtmlSection section{"environment", "Environment and protocol",
                      facts_table(environment_facts(run.environment))};
  if (const auto protocols = protocol_facts(run.study); !protocols.empty())
    section.html += "<h3>Protocols</h3>\n" + facts_table(protocols);
  return section;
}

/// Where, when and how much: what a reader wants to know before the first number.
std::string lead_of(const ReportedRun& run) {
  const auto& environment = run.environment;
  std::size_t skipped = 0, failed = 0, ok = 0;
  for (const auto& cell : run.plan.cells) {
    const auto found = run.records.find(cell.id);
    if (found == run.records.end()) continue;
    ++(found->second.status == Status::ok ? ok : found->second.status == Status::failed ? failed : skipped);
  }
  auto cells = fmt::format("{} measured, {} skipped, {} failed, {} not run", counted(ok, "cell"), skipped,
                           failed, run.plan.cells.size() - ok - skipped - failed);
  auto time = environment.time.substr(0, 16);
  std::ranges::replace(time, 'T', ' ');
  const auto machine = environment.gpu.empty() ? environment.cpu : environment.gpu + ", " + environment.cpu;
  return html_paragraph(fmt::format("{} · {} UTC · revision {}", machine, time, environment.revision),
                        "lead") +
         html_paragraph(cells +
                        ". A number under the pointer, or reached with the arrow keys, shows its record.");
}

}  // namespace

std::string html_report(const ReportedRun& run) {
  HtmlPage page{run.study.title, lead_of(run), {}, cell_cards(run.plan, run.records, run.study_file)};
  if (!run.study.claims.empty()) page.sections.push_back(claims_section(run));
  for (const auto& planned : run.plan.sections) page.sections.push_back(measured_section(run, planned));
  if (auto summary = summary_section(run); !summary.html.empty()) page.sections.push_back(std::move(summary));
  page.sections.push_back(environment_section(run));
  return to_html(page);
}

std::vector<Figure> all_figures(const ReportedRun& run) {
  std::vector<Figure> figures;
  const auto add = [&](std::vector<Figure> more) {
    for (auto& figure : more)
      if (std::ranges::any_of(figure.series, [](const Series& series) { return !series.points.empty(); }))
        figures.push_back(std::move(figure));
  };
  for (const auto& planned : run.plan.sections) {
    add(section_figures(run.study, run.plan, planned, run.records));
    add(sample_figures(SectionView(run.study, run.plan, planned, run.records)));
  }
  add(pareto_figures(run.study, run.plan, run.records));
  add(roofline_figures(run.plan, run.records, run.environment));
  return figures;
}

std::vector<std::filesystem::path> write_figures(const std::filesystem::path& directory,
                                                 const std::vector<Figure>& figures) {
  make_directories(directory);
  std::vector<std::filesystem::path> files;
  for (const auto& figure : figures) {
    files.push_back(directory / (figure.id + ".svg"));
    write_atomically(files.back(), to_svg_file(figure));
  }
  return files;
}

}  // namespace ablate
