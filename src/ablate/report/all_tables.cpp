#include "ablate/report/summary.hpp"
#include "ablate/report/verdicts.hpp"

#include <iterator>

namespace ablate {

namespace {

void move_all(std::vector<Table> from, std::vector<Table>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void add_summary(std::vector<Table>& tables, const Study& study, const Plan& plan, const Records& records) {
  for (const auto& ranking : study.summary->rankings)
    tables.push_back(ranking_table(study, plan, records, ranking));
  for (const auto& crossover : study.summary->crossovers)
    tables.push_back(crossover_table(study, plan, records, crossover));
  for (const auto& front : study.summary->fronts) tables.push_back(pareto_table(study, plan, records, front));
}

}  // namespace

std::vector<Table> summary_tables(const Study& study, const Plan& plan, const Records& records) {
  std::vector<Table> tables;
  if (study.summary) add_summary(tables, study, plan, records);
  if (auto floors = floor_table(records); !floors.rows.empty()) tables.push_back(std::move(floors));
  if (auto processes = process_table(records); !processes.rows.empty())
    tables.push_back(std::move(processes));
  if (!study.claims.empty()) tables.push_back(verdict_table(judge(study, plan, records), records));
  const auto title = study.summary ? study.summary->title : std::string("Summary");
  for (auto& table : tables) table.title = title + " — " + table.title;
  return tables;
}

std::vector<Table> tables_of(const Study& study, const Plan& plan, const PlannedSection& section,
                             const Records& records) {
  auto tables = section_tables(study, plan, section, records);
  move_all(sum_tables(study, plan, section, records), tables);
  return tables;
}

std::vector<Table> all_tables(const Study& study, const Plan& plan, const Records& records) {
  std::vector<Table> tables;
  for (const auto& section : plan.sections) move_all(tables_of(study, plan, section, records), tables);
  move_all(summary_tables(study, plan, records), tables);
  return tables;
}

}  // namespace ablate
