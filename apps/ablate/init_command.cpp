#include "ablate/base/error.hpp"
#include "ablate/record/store.hpp"
#include "commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace ablate::cli {
namespace {

constexpr auto starter_study =
    R"(// A study says what is measured; `ablate run` measures it, `ablate plan` says what that would be.
// Comments like these may stand anywhere. All keys: docs/study.md.
{
  // Names the run's directory: small letters, digits, - and _.
  "study": "mine",
  "title": "DWBlock against STMBlock",

  // A value for each axis that a section leaves out. Other devices: "cuda", "cuda:1".
  "defaults": {"device": "cpu", "dtype": "float32", "batch": 1, "channels": 64, "resolution": 64},

  // How latency is sampled. "paired": everything that is compared takes turns, until each ratio is known to
  // this precision (0.02: two percent), or for so many seconds.
  "protocols": {"quick": {"kind": "paired", "precision": 0.02, "budget_s": 3}},

  // A name of your own for each block with its options: `ablate list blocks` has them all.
  "variants": {
    "DWBlock": {"block": "DWBlock", "options": {"kernel_size": 7}},
    "STMBlock": {"block": "STMBlock", "options": {"kernel_size": 7}}
  },

  "sections": [
    {
      "id": "channels",
      "title": "Latency over channels",
      // An axis with several values: every combination of values is measured. A pair [24, 48] is in, out.
      "axes": {"channels": [32, 64, 96]},
      // `ablate list metrics` has them all.
      "metrics": ["params", "macs", "latency.median"],
      "protocol": "quick",
      // Every metric gets a column that compares it with this one's.
      "baseline": {"variant": "DWBlock"},
      // What changes down the side; the metrics stand across.
      "table": {"rows": ["channels", "variant"]}
    },
    {
      "id": "deploy",
      "title": "What deploying buys",
      "axes": {"form": ["train", "deploy"]},
      "metrics": ["params", "latency.median"],
      "protocol": "quick",
      "baseline": {"form": "train"},
      "table": {"rows": ["variant", "form"]}
    }
  ],

  // Statements that the numbers support, refute, or leave undecided. With "expect": "supported" beside it,
  // `ablate run --check-claims` fails where a claim comes out otherwise.
  "claims": [
    {
      "id": "deploying-pays",
      "text": "Deployed, DWBlock is faster than in its train form",
      "section": "deploy",
      "metric": "latency.median",
      "variant": {"variant": "DWBlock", "form": "deploy"},
      "is": "below",
      "other": {"form": "train"}
    }
  ]
}
)";

struct InitArguments {
  std::string file = "study.json";
  bool force = false;
};

void init(const InitArguments& arguments) {
  if (!arguments.force && std::filesystem::exists(arguments.file))
    throw UserError(arguments.file, "is there already", "a new file, or --force to write over it");
  write_atomically(arguments.file, starter_study);
  fmt::print(stderr, "{}: a study to begin with\ntry: ablate run {}\n", arguments.file, arguments.file);
}

}  // namespace

void add_init(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<InitArguments>();
  auto& command = *app.add_subcommand("init", "Write a study to begin with, with comments");
  command.add_option("file", arguments->file, "The file")->type_name("FILE")->capture_default_str();
  command.add_flag("--force", arguments->force, "Write over a file that is there");
  command.footer("Example:\n  ablate init study.json");
  command.callback([arguments, &exit_code] {
    init(*arguments);
    exit_code = well;
  });
}

}  // namespace ablate::cli
