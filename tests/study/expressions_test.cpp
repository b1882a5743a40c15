#include "ablate/base/error.hpp"
#include "ablate/study/plan.hpp"
#include "catch.hpp"
#include "study/sample.hpp"

#include <filesystem>
#include <fstream>

using namespace ablate;

namespace {

Study study_of_block(const std::string& block) {
  return parse(with(sample_study(), "/variants/DW", Json{{"block", Json::parse(block)}}));
}

std::string text_for(const std::string& block) { return study_of_block(block).variant("DW").block; }

std::string refusal_of(const std::string& block) {
  try {
    study_of_block(block);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

/// A folder that is gone with the test.
struct Folder {
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }

  std::filesystem::path path = std::filesystem::temp_directory_path() / "ablate-expressions-test";
};

}  // namespace

TEST_CASE("a block that a study writes has a text that tells it from others", "[study]") {
  CHECK(text_for(R"({"sequence": ["PRCM", {"block": "PRCM", "options": {"num_basis": 4}}]})") ==
        "sequence(PRCM{dropout_rate=0.5,num_basis=8}, PRCM{dropout_rate=0.5,num_basis=4})");
  CHECK(text_for(R"({"repeat": {"block": {"residual": "Concat"}, "times": 3}})") ==
        "repeat[3](residual(Concat{}))");
  CHECK(text_for(R"({"split": {"fraction": 0.25, "parts": ["identity", "Concat"], "shuffle": true}})") ==
        "split[0.25]+shuffle(identity, Concat{})");
  CHECK(text_for(R"({"split": {"sizes": [4, 12], "parts": ["identity", "Concat"]}})") ==
        "split[4,12](identity, Concat{})");
  CHECK(text_for(R"({"parallel": ["identity", "Concat"], "join": "multiply"})") ==
        "parallel+multiply(identity, Concat{})");
  CHECK(text_for(R"({"block": "ChannelShuffle", "options": {"groups": "in_channels"}})") ==
        "ChannelShuffle{groups=in_channels}");
  CHECK(text_for(R"({"torchscript": "folder/my.pt", "hash": "0123456789abcdef"})") ==
        "my.pt#0123456789abcdef");
}

TEST_CASE("a default that is written out does not make another block", "[study]") {
  CHECK(text_for(R"({"residual": {"block": "DWBlock", "options": {"kernel_size": 7, "kxk": true}}})") ==
        text_for(R"({"residual": "DWBlock"})"));
}

TEST_CASE("a block that is written wrongly is refused with its place", "[study]") {
  struct Wrong {
    const char *block, *where, *what;
  };
  const Wrong all[] = {
      {R"({"sequense": []})", "/variants/DW/block/sequense", "did you mean sequence?"},
      {R"({})", "/variants/DW/block", "an object with one of"},
      {R"({"sequence": []})", "/variants/DW/block/sequence", "at least one"},
      {R"({"sequence": ["DWBlock", "PRCN"]})", "/variants/DW/block/sequence/1", "did you mean PRCM?"},
      {R"({"sequence": ["PRCM"], "residual": "PRCM"})", "/variants/DW/block", "sequence and residual"},
      {R"({"sequence": ["PRCM"], "join": "add"})", "/variants/DW/block/join", "unknown key"},
      {R"({"residual": {"block": "DWBlock", "options": {"kernel_size": 4}}})",
       "/variants/DW/block/residual/options/kernel_size", "odd"},
      {R"({"residual": {"block": "DWBlock", "options": {"in_channels": 4}}})",
       "/variants/DW/block/residual/options/in_channels", "channels"},
      {R"({"split": {"parts": ["PRCM"]}})", "/variants/DW/block/split/parts", "two parts"},
      {R"({"split": {"sizes": [8], "parts": ["PRCM", "PRCM"]}})", "/variants/DW/block/split/sizes",
       "2 sizes"},
      {R"({"split": {"fraction": 1, "parts": ["PRCM", "PRCM"]}})", "/variants/DW/block/split/fraction",
       "between 0 and 1"},
      {R"({"parallel": ["PRCM", "PRCM"], "join": "sum"})", "/variants/DW/block/join", "add"},
      {R"({"repeat": {"block": "PRCM", "times": 0}})", "/variants/DW/block/repeat/times", "1,000"},
      {R"({"torchscript": "my.pt", "hash": "x"})", "/variants/DW/block/hash", "hexadecimal"},
      {R"({"torchscript": "missing.pt"})", "/variants/DW/block/torchscript", "cannot be read"},
      {R"({"residual": {"aoti": "missing.pt2"}})", "/variants/DW/block/residual/aoti", "cannot be read"},
  };
  for (const auto& wrong : all) {
    const auto message = refusal_of(wrong.block);
    INFO(wrong.block << ": " << message);
    CHECK(message.find(std::string("study.json: ") + wrong.where) == 0);
    CHECK(message.find(wrong.what) != std::string::npos);
  }
}

TEST_CASE("options beside a block that is written out are refused", "[study]") {
  auto study = with(sample_study(), "/variants/DW/block", Json::parse(R"({"residual": "DWBlock"})"));
  CHECK_THROWS_AS(parse(study), UserError);
  CHECK_NOTHROW(parse(with(study, "/variants/DW/options", std::nullopt)));
}

TEST_CASE("a cell of a written block is another for other channels", "[study]") {
  const auto study = study_of_block(R"({"repeat": {"block": "DWBlock", "times": 2}})");
  const auto made = plan(study, sample_blocks());
  REQUIRE(made.cells.size() >= 2);
  CHECK(made.cells[0].written);
  CHECK(made.cells[0].block == study.variant("DW").block);
  CHECK(made.cells[0].options.at("in_channels") == OptionValue(std::int64_t{16}));
  CHECK(made.cells[0].id != made.cells[1].id);
}

TEST_CASE("a file's cell is known by its content, and the study's copy needs no file", "[study]") {
  const Folder folder;
  folder.write("my.pt", "one");
  const auto document = with(sample_study(), "/variants/DW", Json{{"block", {{"torchscript", "my.pt"}}}});
  const auto file = (folder.path / "study.json").string();
  const auto read = [&] { return parse_study_text(document.dump(), file, sample_blocks()); };
  const auto first = read();
  folder.write("my.pt", "two");
  const auto changed = read();
  CHECK(first.study.variant("DW").block != changed.study.variant("DW").block);
  CHECK(first.json != changed.json);
  std::filesystem::remove(folder.path / "my.pt");
  const auto copy = parse_study_text(first.json, "/elsewhere/study.json", sample_blocks());
  CHECK(copy.study.variant("DW").block == first.study.variant("DW").block);
  CHECK(copy.study.variant("DW").written->path == (folder.path / "my.pt").string());
  CHECK(copy.json == first.json);
}
