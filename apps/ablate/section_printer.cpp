#include "section_printer.hpp"

#include "ablate/report/format.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <cstdio>

namespace ablate::cli {

void print_tables(const std::vector<Table>& tables) {
  for (const auto& table : tables) say(stdout, to_text(table, table_style()) + "\n");
  std::fflush(stdout);
}

void SectionPrinter::print_complete() {
  for (const auto& section : planned_.plan.sections) {
    if (printed_.contains(section.section)) continue;
    if (!is_complete(section)) return;
    printed_.insert(section.section);
    print_tables(tables_of(planned_.parsed.study, planned_.plan, section, store_.records()));
  }
}

void SectionPrinter::print_rest() {
  for (const auto& section : planned_.plan.sections)
    if (!printed_.contains(section.section))
      print_tables(tables_of(planned_.parsed.study, planned_.plan, section, store_.records()));
  print_tables(summary_tables(planned_.parsed.study, planned_.plan, store_.records()));
}

bool SectionPrinter::is_complete(const PlannedSection& section) const {
  return std::ranges::all_of(section.placements, [&](const Placement& placement) {
    return store_.records().contains(planned_.plan.cells[placement.cell].id);
  });
}

}  // namespace ablate::cli
