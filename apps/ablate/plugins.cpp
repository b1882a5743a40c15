#include "ablate/blocks/plugin.hpp"
#include "commands.hpp"

namespace ablate::cli {

void add_plugins(CLI::App& app) {
  app.add_option_function<std::vector<std::string>>(
         "--plugin",
         [](const std::vector<std::string>& files) {
           for (const auto& file : files) load_plugin(file);
         },
         "Shared library with blocks of your own; may be given again. Loading it runs its code")
      ->allow_extra_args(false);
}

}  // namespace ablate::cli
