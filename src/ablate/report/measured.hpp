#pragma once

#include "ablate/record/record.hpp"
#include "ablate/report/figure.hpp"
#include "ablate/report/units.hpp"
#include "ablate/verdict/section_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ablate {

/// What figures show of a record's metric: the value of `value_of`, and its 95 % interval where it is a
/// median or mean of enough samples; in SI units.
struct Measured {
  double value = 0;
  std::optional<double> low, high;
};
std::optional<Measured> measured(const Record& record, const std::string& metric);

/// "36.0 µs, 95 % interval 35.7 to 36.1".
std::string measured_text(const Record& record, const std::string& metric, const Measured& value);

/// What an axis of values is called: "device's clock (µs)", "params".
std::string axis_title(const std::string& metric, const Unit& unit);

/// The same for a line above a picture: "device's clock", "params".
std::string caption_of(const std::string& metric);

/// The metrics of a section that pictures show, in its order: typical latencies, the first of each clock, and
/// counts.
std::vector<std::string> pictured_metrics(const Section& section);

/// Those of them that say something new on this device: on the CPU there is one clock.
std::vector<std::string> pictured_metrics(const Section& section, const std::string& device);

/// Devices of a section's cells, in the order of the plan.
std::vector<std::string> devices_in(const SectionView& view);

/// What tells cells of one device apart: the variant, and the axes with several labels.
std::vector<std::string> telling_dimensions(const SectionView& view);

/// "DWBlock, 64 channels, deploy": a place on those dimensions, in words.
std::string phrase_of(const Place& place, const std::vector<std::string>& dimensions);

/// A linear axis from 0, or a logarithmic one where the values span a decade.
FigureAxis value_axis(std::string title, const std::vector<double>& values);

}  // namespace ablate
