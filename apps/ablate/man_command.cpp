#include "ablate/base/build_info.hpp"
#include "commands.hpp"
#include "manual.hpp"

#include <fmt/format.h>

#include <memory>

namespace ablate::cli {

void add_man(CLI::App& app, int& exit_code) {
  const auto format = std::make_shared<std::string>("roff");
  auto& command = *app.add_subcommand("man", "Print the manual page");
  command.add_option("--format", *format, "roff, for man(1), or md, which is docs/cli.md")
      ->check(CLI::IsMember({"roff", "md"}))
      ->capture_default_str();
  command.footer("Example:\n  ablate man > ablate.1 && man -l ablate.1");
  command.callback([format, &app, &exit_code] {
    const auto line = read_tree(app);
    fmt::print("{}", *format == "md" ? manual_markdown(line) : manual_roff(line, version()));
    exit_code = well;
  });
}

}  // namespace ablate::cli
