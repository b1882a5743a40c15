#pragma once

#include "ablate/record/environment.hpp"
#include "ablate/report/figure.hpp"
#include "ablate/verdict/section_view.hpp"

#include <vector>

namespace ablate {

/// The pictures of a section, each kind in a file of its own. None where there is nothing that a picture
/// would tell: no numbers, or one alone.

/// Lines with intervals over the section's numeric axis (or its pairs of channels), a picture for each device
/// and metric.
std::vector<Figure> sweep_figures(const SectionView& view);

/// Of a section without such an axis: its cells under each other, the clocks as points on one axis, counts as
/// bars.
std::vector<Figure> dot_figures(const SectionView& view);

/// The wholes of a section's sums with their parts one behind the other, and what they leave open.
std::vector<Figure> sum_figures(const Study& study, const Plan& plan, const PlannedSection& section,
                                const Records& records);

/// The effects of a factorial section with their intervals; open where they are within noise.
std::vector<Figure> effect_figures(const Study& study, const Plan& plan, const PlannedSection& section,
                                   const Records& records);

/// How the samples of each cell lie around its median, on the first clock of the section. Of a cell with more
/// than `shown_samples` so many evenly spaced ranks are shown, the least and the greatest among them.
inline constexpr std::size_t shown_samples = 60;
std::vector<Figure> sample_figures(const SectionView& view);

/// `samples` in order, thinned to at most `most` of them as said above.
std::vector<double> thinned(std::vector<double> samples, std::size_t most = shown_samples);

/// All but the samples.
std::vector<Figure> section_figures(const Study& study, const Plan& plan, const PlannedSection& section,
                                    const Records& records);

/// Every cell under what its device was measured to do at best; one for each device whose peaks are known.
std::vector<Figure> roofline_figures(const Plan& plan, const Records& records,
                                     const Environment& environment);

/// The variants of each Pareto front of two metrics, beaten ones open; one for each device.
std::vector<Figure> pareto_figures(const Study& study, const Plan& plan, const Records& records);

}  // namespace ablate
