#include "ablate/report/section_figures.hpp"

#include <iterator>

namespace ablate {

std::vector<Figure> section_figures(const Study& study, const Plan& plan, const PlannedSection& section,
                                    const Records& records) {
  const SectionView view(study, plan, section, records);
  const auto effects = effect_figures(study, plan, section, records);
  auto figures = sweep_figures(view);
  if (figures.empty()) figures = dot_figures(view);
  for (auto more : {effects, sum_figures(study, plan, section, records)})
    std::move(more.begin(), more.end(), std::back_inserter(figures));
  return figures;
}

}  // namespace ablate
