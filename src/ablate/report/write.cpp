#include "ablate/report/format.hpp"

namespace ablate {

void write_tables(const std::filesystem::path& directory, const Study& study, const Environment& environment,
                  const std::vector<Table>& tables) {
  write_atomically(directory / "tables.md", to_markdown(study, environment, tables));
  write_atomically(directory / "tables.json", to_json(study, environment, tables));
  write_atomically(directory / "tables.csv", to_csv(tables));
}

}  // namespace ablate
