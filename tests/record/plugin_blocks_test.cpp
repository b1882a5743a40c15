#include "ablate/record/plugin_blocks.hpp"
#include "ablate/base/error.hpp"
#include "catch.hpp"
#include "record/examples.hpp"

using namespace ablate;

namespace {

BlockSpec own_block() {
  return {"Own",
          "a block of one's own",
          {{"in_channels", OptionType::integer, std::nullopt, {.minimum = 1}, "channels"},
           {"kernel_size", OptionType::integer, std::int64_t{7}, {.minimum = 1, .parity = Parity::odd}, "k"},
           {"rate", OptionType::real, 1.0, {.minimum = 0, .maximum = 2, .maximum_excluded = true}, "r"},
           {"gate", OptionType::choice, std::string("scale"), {}, "g", {"none", "scale"}, true},
           {"bias", OptionType::boolean, false, {}, "b"}},
          {Form::train, Form::deploy}};
}

}  // namespace

TEST_CASE("blocks of plugins are read as they were written, and go before our own", "[record]") {
  const examples::TemporaryDirectory temporary;
  write_plugin_blocks(temporary.path(), {own_block()});
  const auto blocks = blocks_of_run(temporary.path(), {{"Own", "ours", {}, {}}, {"Other", "", {}, {}}});
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[1].name == "Other");
  const auto& read = blocks[0];
  const auto written = own_block();
  CHECK(read.help == written.help);
  CHECK(read.forms == written.forms);
  REQUIRE(read.options.size() == written.options.size());
  for (std::size_t i = 0; i < read.options.size(); ++i) {
    const auto &a = read.options[i], &b = written.options[i];
    CHECK(a.name == b.name);
    CHECK(a.fallback == b.fallback);
    CHECK(a.allowed() == b.allowed());
    CHECK(a.choices == b.choices);
    CHECK(a.removes == b.removes);
    CHECK(a.help == b.help);
  }
}

TEST_CASE("a run without plugins has no file of their blocks", "[record]") {
  const examples::TemporaryDirectory temporary;
  write_plugin_blocks(temporary.path(), {});
  CHECK(std::filesystem::is_empty(temporary.path()));
  CHECK(blocks_of_run(temporary.path(), {own_block()}).size() == 1);
}

TEST_CASE("a file of blocks that is not as it was written is refused with its place", "[record]") {
  const examples::TemporaryDirectory temporary;
  for (const auto* text : {"{", "[]", "{}", R"({"blocks": [{"name": 3}]})",
                           R"({"blocks": [{"name": "A", "help": "", "forms": ["flat"], "options": []}]})"}) {
    examples::write(temporary.path() / "blocks.json", text);
    CHECK_THROWS_AS(blocks_of_run(temporary.path(), {}), UserError);
  }
}
