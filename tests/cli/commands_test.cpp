#include "catch.hpp"
#include "process.hpp"

#include <nlohmann/json.hpp>

using namespace ablate::testing;

namespace {

const std::string golden = std::string(ABLATE_SOURCE_DIR) + "/tests/golden/";

/// A copy of a golden file with some of its bytes replaced.
std::string spoiled(const Directory& scratch, std::size_t at, char with,
                    std::size_t keep = std::string::npos) {
  auto bytes = text_of(golden + "DWBlock_i8_o8.safetensors");
  if (at < bytes.size()) bytes[at] = with;
  write(scratch / "spoiled.safetensors", bytes.substr(0, keep));
  return scratch / "spoiled.safetensors";
}

}  // namespace

TEST_CASE("every command has help that ends with an example", "[cli]") {
  for (const auto* command : {"bench", "init", "run", "plan", "report", "explain", "list", "params", "verify",
                              "deploy", "man", "compare", "selfcheck"}) {
    const auto help = run_ablate({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.out.find("\nExample") != std::string::npos);
    CHECK(help.out.find(":\n  ablate " + std::string(command)) != std::string::npos);
  }
}

TEST_CASE("arguments that no command has are wrong input", "[cli]") {
  CHECK(run_ablate({}).exit_code == 2);
  CHECK(run_ablate({"ran"}).exit_code == 2);
  CHECK(run_ablate({"run", "configs/quick.json", "--frobnicate"}).exit_code == 2);
  CHECK(run_ablate({"list", "block"}).exit_code == 2);
}

TEST_CASE("a bad study is wrong input, with file, place, value and what is allowed", "[cli]") {
  const Directory scratch;
  write(scratch / "bad.json",
        R"({"study": "bad", "title": "t", "variants": {"A": {"block": "DWBlok"}}, "sections": []})");
  const auto run = run_ablate({"run", scratch / "bad.json"});
  CHECK(run.exit_code == 2);
  CHECK(run.err.find("bad.json: /variants/A/block: \"DWBlok\"; allowed: ") != std::string::npos);
  CHECK(run.err.find("did you mean DWBlock?") != std::string::npos);
  CHECK(run.out.empty());
}

TEST_CASE("a product of axes that nobody meant is refused before anything runs", "[cli]") {
  const auto run = run_ablate({"run", "configs/quick.json", "--set",
                               "sections.latency.axes.batch=[1,2,3,4,5,6,7,8]", "--max-cells", "10"});
  CHECK(run.exit_code == 2);
  CHECK(run.err.find("--max-cells") != std::string::npos);
}

TEST_CASE("the plan lists what a run would measure, for people and programs", "[cli]") {
  const auto plan = run_ablate({"plan", "configs/notebook.json", "--format", "json"});
  REQUIRE(plan.exit_code == 0);
  const auto cells = nlohmann::json::parse(plan.out)["cells"];
  std::size_t lines = 0;
  for (const auto c : run_ablate({"plan", "configs/notebook.json"}).out) lines += c == '\n';
  CHECK(lines == cells.size() + 1);
  CHECK(run_ablate({"run", "configs/notebook.json", "--dry-run"}).out ==
        run_ablate({"plan", "configs/notebook.json"}).out);
}

TEST_CASE("golden files are verified, and a changed byte is found and named", "[cli]") {
  const auto good = run_ablate({"verify", golden + "DWBlock_i8_o8.safetensors"});
  CHECK(good.exit_code == 0);
  CHECK(good.out.find(", 0 outside") != std::string::npos);

  // The high byte of one number of output.eval.
  const auto bytes = text_of(golden + "DWBlock_i8_o8.safetensors");
  const auto header =
      bytes.substr(8, static_cast<unsigned char>(bytes[0]) + 256u * static_cast<unsigned char>(bytes[1]));
  const auto begin = nlohmann::json::parse(header)["output.eval"]["data_offsets"][0].get<std::size_t>();
  const Directory scratch;
  const auto at = 8 + header.size() + begin + 3;
  const auto bad = run_ablate({"verify", spoiled(scratch, at, static_cast<char>(bytes[at] ^ 0x40))});
  CHECK(bad.exit_code == 1);
  CHECK(bad.out.find("output.eval") != std::string::npos);
  CHECK(bad.out.find(", 1 outside") != std::string::npos);
}

TEST_CASE("golden files that are cut off or hostile are wrong input", "[cli]") {
  const Directory scratch;
  for (const std::size_t keep : {0u, 4u, 8u, 100u, 5000u}) {
    const auto run = run_ablate({"verify", spoiled(scratch, std::string::npos, 0, keep)});
    CHECK(run.exit_code == 2);
    CHECK(run.err.find("spoiled.safetensors") != std::string::npos);
  }
  CHECK(run_ablate({"verify", spoiled(scratch, 7, '\x7f')}).exit_code == 2);
  CHECK(run_ablate({"verify", spoiled(scratch, 8, 'x')}).exit_code == 2);
  CHECK(run_ablate({"verify", scratch / "none.safetensors"}).exit_code == 2);
}

TEST_CASE("without files, every form of every block is verified", "[cli]") {
  const auto run = run_ablate({"verify"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("FastSTMBlock") != std::string::npos);
}

TEST_CASE("the gate passes on the counts that are kept, and names a block that changed", "[cli]") {
  CHECK(run_ablate({"params", "configs/params.json", "--check", "configs/param_counts.json"}).exit_code == 0);

  const auto drifted = run_ablate({"params", "configs/params.json", "--check", "configs/param_counts.json",
                                   "--set", "variants.FastSTMBlock.options.num_basis=9"});
  CHECK(drifted.exit_code == 1);
  CHECK(drifted.out.find("FastSTMBlock") != std::string::npos);

  const Directory scratch;
  CHECK(run_ablate({"params", "configs/params.json", "--update", scratch / "counts.json"}).exit_code == 0);
  CHECK(text_of(scratch / "counts.json") ==
        text_of(std::filesystem::path(ABLATE_SOURCE_DIR) / "configs/param_counts.json"));
  write(scratch / "broken.json", "[{}]");
  CHECK(run_ablate({"params", "configs/params.json", "--check", scratch / "broken.json"}).exit_code == 2);
}

TEST_CASE("trained weights are converted, inside a larger state dict too", "[cli]") {
  const Directory scratch;
  const auto run = run_ablate({"deploy", "--block", "STMBlock", "--prefix", "weights.", "--weights",
                               golden + "STMBlock_i8_o12.safetensors", "--out", scratch / "out.safetensors"});
  INFO(run.err);
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("in_channels=8 kernel_size=7 num_basis=8 out_channels=12") != std::string::npos);
  CHECK(run.out.find("parameters: 528 -> 492") != std::string::npos);
  CHECK(std::filesystem::exists(scratch / "out.safetensors"));

  const auto wrong =
      run_ablate({"deploy", "--block", "DWBlock", "--weights", golden + "STMBlock_i8_o12.safetensors",
                  "--out", scratch / "wrong.safetensors"});
  CHECK(wrong.exit_code == 2);
  CHECK_FALSE(std::filesystem::exists(scratch / "wrong.safetensors"));
}

TEST_CASE("blocks, metrics and devices are listed", "[cli]") {
  CHECK(run_ablate({"list", "blocks"}).out.find("FastSTMBlock (train, deploy, folded, fused)") !=
        std::string::npos);
  CHECK(run_ablate({"list", "metrics"}).out.find("latency.median") != std::string::npos);
  CHECK(run_ablate({"list", "devices"}).out.find("cpu\n") == 0);
}

TEST_CASE("kernels are listed, and which of them takes a shape", "[cli]") {
  const auto all = run_ablate({"list", "kernels", "--device", "cpu"});
  CHECK(all.exit_code == 0);
  CHECK(all.out.find("cpu: ") == 0);
  CHECK(all.out.find("1, 3, 5, 7, 9\n") != std::string::npos);
  CHECK(all.out.find("none, runs as folded: float64 on the CPU") != std::string::npos);

  const std::vector<std::string> at{"list",     "kernels", "--shape", "2,24,30,17",
                                    "--device", "cpu",     "--dtype", "float32"};
  const auto with = [&](const std::vector<std::string>& more) {
    auto arguments = at;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_ablate(arguments);
  };
  const auto three = with({"--out-channels", "48"}).out;
  for (const auto* block : {"DWBlock", "STMBlock", "FastSTMBlock"})
    CHECK(three.find(block) != std::string::npos);
  CHECK(with({"--block", "STMBlock"}).out.find("DWBlock") == std::string::npos);
  CHECK(with({"--kernel-size", "11"}).out.find("folded  kernel size 11") != std::string::npos);
}

TEST_CASE("kernels of what there is none are wrong input", "[cli]") {
  const std::vector<std::vector<std::string>> wrong{
      {"list", "kernels", "--shape", "1,64,64"},
      {"list", "kernels", "--shape", "1,64,64,64,1"},
      {"list", "kernels", "--shape", "1,0,64,64"},
      {"list", "kernels", "--shape", "1,a,64,64"},
      {"list", "kernels", "--block", "RepConv"},
      {"list", "kernels", "--block", "DWBlok"},
      {"list", "kernels", "--device", "tpu"},
      {"list", "kernels", "--dtype", "float8"},
      {"list", "kernels", "--kernel-size", "3"},
      {"list", "blocks", "--shape", "1,64,64,64"},
      {"list", "kernels", "--shape", "1,7,9,9", "--block", "STMBlock"}};
  for (const auto& arguments : wrong) {
    const auto run = run_ablate(arguments);
    INFO(run.err);
    CHECK(run.exit_code == 2);
    CHECK_FALSE(run.err.empty());
  }
  const auto run = run_ablate(wrong.front());
  CHECK(run.err.find("--shape: 1,64,64; allowed: B,C,H,W") != std::string::npos);
}
