#include "ablate/report/summary.hpp"

#include <iterator>

namespace ablate {

std::vector<Table> summary_tables(const Study& study, const Plan& plan, const Records& records) {
  std::vector<Table> tables;
  if (!study.summary) return tables;
  for (const auto& ranking : study.summary->rankings)
    tables.push_back(ranking_table(study, plan, records, ranking));
  for (const auto& crossover : study.summary->crossovers)
    tables.push_back(crossover_table(study, plan, records, crossover));
  if (!study.summary->findings.empty()) tables.push_back(findings_table(study, plan, records));
  for (auto& table : tables) table.title = study.summary->title + " — " + table.title;
  return tables;
}

std::vector<Table> all_tables(const Study& study, const Plan& plan, const Records& records) {
  std::vector<Table> tables;
  for (const auto& section : plan.sections) {
    auto of_section = section_tables(study, plan, section, records);
    std::move(of_section.begin(), of_section.end(), std::back_inserter(tables));
  }
  auto summary = summary_tables(study, plan, records);
  std::move(summary.begin(), summary.end(), std::back_inserter(tables));
  return tables;
}

}  // namespace ablate
