#include "study_arguments.hpp"

#include "ablate/base/error.hpp"
#include "ablate/blocks/registry.hpp"

namespace ablate::cli {

void StudyArguments::add_to(CLI::App& command, bool file_required) {
  command.add_option("study", file, "The study, a JSON file")->required(file_required);
  command
      .add_option("--set", overrides.set,
                  "PATH=JSON: change the study, as sections.channels.axes.channels=[32,64]")
      ->allow_extra_args(false);
  auto& selection = overrides.selection;
  command.add_option("--section", selection.sections, "Only this section; may be given again")
      ->allow_extra_args(false);
  command.add_option("--variant", selection.variants, "Only this variant; may be given again")
      ->allow_extra_args(false);
  command
      .add_option("--device", selection.devices, "Only this device (cpu, cuda, cuda:1); may be given again")
      ->allow_extra_args(false);
  command
      .add_option("--cell", selection.cells,
                  "Only the cell with this id, as `ablate plan` and a report name it; may be given again")
      ->allow_extra_args(false);
  command
      .add_option("--protocol", selection.protocols,
                  "NAME or DEVICE=NAME: this protocol of the study for every section; may be given again")
      ->allow_extra_args(false);
  command.add_option("--max-cells", max_cells, "Refuse a study with more cells than this")
      ->capture_default_str();
}

PlannedStudy read_and_plan(const StudyArguments& arguments) {
  PlannedStudy planned{parse_study(arguments.file, block_specs(), arguments.overrides), {}};
  planned.plan = plan(planned.parsed.study, block_specs(), arguments.max_cells);
  if (planned.plan.cells.empty())
    throw UserError(arguments.file,
                    "nothing is left of the study after --section, --variant, --device and --cell",
                    "a selection with at least one cell");
  return planned;
}

}  // namespace ablate::cli
