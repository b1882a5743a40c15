#include "ablate/weights/safetensors.hpp"
#include "blocks/support.hpp"
#include "catch.hpp"
#include "run/written.hpp"

#include <cstdlib>

using namespace ablate;
using namespace ablate::testing;

/// tests/python/export_test.py makes the files, from the golden file's weights, and names their folder.
TEST_CASE("files that were exported from Python give the golden outputs", "[blocks][twins]") {
  const auto* folder = std::getenv("ABLATE_TWINS");
  if (!folder) {
    WARN("no files to look at");
    return;
  }
  const auto golden =
      read_safetensors(std::string(ABLATE_SOURCE_DIR) + "/tests/golden/DWBlock_i8_o8.safetensors");
  const auto& input = golden.tensors["input"];
  struct Twin {
    const char *block, *output;
    Form form;
  };
  const Twin twins[] = {
      {R"({"torchscript": "golden.pt"})", "output.eval", Form::train},
      {R"({"torchscript": "golden.pt"})", "output.deploy", Form::deploy},
      {R"({"aoti": "golden.pt2"})", "output.eval", Form::train},
      {R"({"aoti": "golden-deploy.pt2"})", "output.deploy", Form::train},
  };
  const torch::InferenceMode inference;
  for (const auto& twin : twins) {
    INFO(twin.block << " " << twin.output);
    const auto block = make_from(twin.block, input.size(1), input.size(1), folder);
    block->switch_to(twin.form);
    CHECK(relative_error(block->run(input).front(), golden.tensors[twin.output]) < 1e-5);
    const auto copy = std::dynamic_pointer_cast<Block>(block->module().clone());
    REQUIRE(copy);
    CHECK(relative_error(copy->run(input).front(), golden.tensors[twin.output]) < 1e-5);
  }
}
