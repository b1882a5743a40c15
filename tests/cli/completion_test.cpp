#include "catch.hpp"
#include "process.hpp"

#include <algorithm>
#include <sstream>

using namespace ablate::testing;

namespace {

std::string output_of(const std::string& command) {
  std::string text;
  auto* pipe = popen(command.c_str(), "r");
  char bytes[4096];
  for (std::size_t got = 0; (got = fread(bytes, 1, sizeof bytes, pipe)) > 0;) text.append(bytes, got);
  const auto status = pclose(pipe);
  return status == 0 ? text : text + "\nstatus " + std::to_string(status);
}

bool is_here(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

/// What bash offers behind these words, the last of which is under way.
std::vector<std::string> offered(const Directory& scratch, const std::vector<std::string>& words) {
  write(scratch / "ablate.bash", run_ablate({"completion", "bash"}).out);
  std::string script =
      "cd " + scratch.path.string() + "; source ./ablate.bash; complete -p ablate > /dev/null || exit 1\n";
  script += "COMP_WORDS=(";
  for (const auto& word : words) script += "'" + word + "' ";
  script +=
      ")\nCOMP_CWORD=" + std::to_string(words.size() - 1) + "\n_ablate\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  write(scratch / "ask.bash", script);
  std::istringstream lines(output_of("bash --norc --noprofile " + scratch / "ask.bash" + " 2>&1"));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) found.push_back(line);
  return found;
}

bool offers(const std::vector<std::string>& found, const std::string& word) {
  return std::ranges::find(found, word) != found.end();
}

}  // namespace

TEST_CASE("bash completes commands, options, choices, blocks, files and folders", "[cli]") {
  const Directory scratch;
  write(scratch / "mine.pt", "");
  std::filesystem::create_directory(scratch / "runs");
  CHECK(offered(scratch, {"ablate", "be"}) == std::vector<std::string>{"bench"});
  CHECK(offers(offered(scratch, {"ablate", ""}), "explain"));
  CHECK(offers(offered(scratch, {"ablate", "--"}), "--version"));
  CHECK(offered(scratch, {"ablate", "run", "--progr"}) == std::vector<std::string>{"--progress"});
  CHECK(offered(scratch, {"ablate", "run", "--progress", "q"}) == std::vector<std::string>{"quiet"});
  CHECK(offered(scratch, {"ablate", "run", "--progress", "=", "js"}) == std::vector<std::string>{"json"});
  const auto blocks = offered(scratch, {"ablate", "bench", ""});
  CHECK(offers(blocks, "STMBlock"));
  CHECK(offers(blocks, "mine.pt"));
  CHECK(offered(scratch, {"ablate", "run", "--out", ""}) == std::vector<std::string>{"runs"});
  CHECK(offered(scratch, {"ablate", "run", "mi"}) == std::vector<std::string>{"mine.pt"});
  CHECK(offered(scratch, {"ablate", "list", "ke"}) == std::vector<std::string>{"kernels"});
  CHECK(offered(scratch, {"ablate", "run", "--threads", ""}).empty());
}

TEST_CASE("every command and option of --help is completed by every shell", "[cli]") {
  const auto help = run_ablate({"run", "--help"}).out;
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = run_ablate({"completion", shell}).out;
    for (const auto* word : {"explain", "selfcheck", "order-seed", "progress", "DWBlock"})
      CHECK(script.find(word) != std::string::npos);
  }
  CHECK(help.find("--order-seed") != std::string::npos);
  CHECK(run_ablate({"completion", "tcsh"}).exit_code == 2);
}

TEST_CASE("scripts are what their shells can read", "[cli]") {
  const Directory scratch;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    if (!is_here(shell)) continue;
    write(scratch / shell, run_ablate({"completion", shell}).out);
    CHECK(output_of(shell + " -n " + scratch / shell + " 2>&1") == "");
  }
}

TEST_CASE("the manual page is one that man can show", "[cli]") {
  const Directory scratch;
  const auto page = run_ablate({"man"}).out;
  write(scratch / "ablate.1", page);
  CHECK(page.find(".TH ABLATE 1") != std::string::npos);
  CHECK(page.find("ablate bench") != std::string::npos);
  CHECK(page.find("\\-\\-progress") != std::string::npos);
  if (is_here("mandoc")) CHECK(output_of("mandoc -Tlint -Werror " + scratch / "ablate.1" + " 2>&1") == "");
  if (is_here("groff")) CHECK(output_of("groff -man -ww -z " + scratch / "ablate.1" + " 2>&1") == "");
}

TEST_CASE("docs/cli.md is what the program says of itself", "[cli]") {
  const auto page = std::filesystem::path(ABLATE_SOURCE_DIR) / "docs/cli.md";
  INFO("make it anew: ablate man --format md > docs/cli.md");
  CHECK(run_ablate({"man", "--format", "md"}).out == text_of(page));
}

TEST_CASE("the version names what numbers depend on", "[cli]") {
  const auto text = run_ablate({"--version"}).out;
  for (const auto* what : {"ablate 0.", "LibTorch 2", "CUDA ", "revision ", "compiler ", " build"})
    CHECK(text.find(what) != std::string::npos);
}

TEST_CASE("a command that is misspelt is told which was meant", "[cli]") {
  const auto run = run_ablate({"bensh", "DWBlock"});
  CHECK(run.exit_code == 2);
  CHECK(run.err.find("try: ablate bench") != std::string::npos);
}
