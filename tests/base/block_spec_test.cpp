#include "ablate/base/block_spec.hpp"

#include "ablate/base/error.hpp"
#include "catch.hpp"

#include <cmath>

using namespace ablate;

namespace {

const OptionSpec kernel{
    "kernel_size", OptionType::integer, std::int64_t{7}, {.minimum = 1, .parity = Parity::odd}, ""};
const OptionSpec rate{
    "dropout_rate", OptionType::real, 0.5, {.minimum = 0, .maximum = 1, .maximum_excluded = true}, ""};
const OptionSpec flag{"use_activation", OptionType::boolean, true, {}, ""};
const OptionSpec width{"width", OptionType::integer, std::nullopt, {.minimum = 2, .maximum = 8}, ""};
const OptionSpec gate{"gate", OptionType::choice, std::string("scale"), {}, "", {"none", "scale", "affine"},
                      true};
const BlockSpec block{"Sample", "", {kernel, rate, flag, width, gate}, {Form::train}};

std::string message_for(const Options& given) {
  try {
    complete(block, given, "Sample.");
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an option allows its type, its range and its parity", "[base]") {
  CHECK(kernel.allows(std::int64_t{1}));
  CHECK_FALSE(kernel.allows(std::int64_t{4}));
  CHECK_FALSE(kernel.allows(std::int64_t{-1}));
  CHECK_FALSE(kernel.allows(3.0));
  CHECK(rate.allows(std::int64_t{0}));
  CHECK_FALSE(rate.allows(1.0));
  CHECK_FALSE(rate.allows(std::nan("")));
  CHECK(flag.allows(false));
  CHECK_FALSE(flag.allows(std::int64_t{1}));
  CHECK(width.allows(std::int64_t{8}));
  CHECK_FALSE(width.allows(std::int64_t{9}));
  CHECK(gate.allows(std::string("affine")));
  CHECK_FALSE(gate.allows(std::string("Affine")));
  CHECK_FALSE(gate.allows(true));
  CHECK_FALSE(kernel.allows(std::string("7")));
}

TEST_CASE("an option says what it allows", "[base]") {
  CHECK(kernel.allowed() == "an odd integer, at least 1");
  CHECK(rate.allowed() == "a number, at least 0, below 1");
  CHECK(width.allowed() == "an integer, at least 2, at most 8");
  CHECK(flag.allowed() == "true or false");
  CHECK(gate.allowed() == "none, scale, affine");
}

TEST_CASE("options are completed from their defaults, an integer standing for a real", "[base]") {
  const auto options = complete(block, {{"width", std::int64_t{4}}, {"dropout_rate", std::int64_t{0}}}, "");
  CHECK(options.size() == 4);
  CHECK(options.at("kernel_size") == OptionValue(std::int64_t{7}));
  CHECK(options.at("dropout_rate") == OptionValue(0.0));
}

TEST_CASE("complete options mention a part that is gone, not one that is there", "[base]") {
  const Options given{{"width", std::int64_t{4}}};
  const auto with_gate = [&](const char* value) {
    auto options = given;
    options["gate"] = std::string(value);
    return complete(block, options, "");
  };
  CHECK_FALSE(complete(block, given, "").contains("gate"));
  CHECK((with_gate("scale") == complete(block, given, "")));
  CHECK((with_gate("none").at("gate") == OptionValue(std::string("none"))));
  CHECK(message_for({{"width", std::int64_t{4}}, {"gate", std::string("big")}}) ==
        "Sample.gate: big; allowed: none, scale, affine");
}

TEST_CASE("options that are unknown, missing or outside their range are refused", "[base]") {
  CHECK(message_for({}) == "Sample.width: missing; allowed: an integer, at least 2, at most 8");
  CHECK(message_for({{"width", std::int64_t{9}}}) ==
        "Sample.width: 9; allowed: an integer, at least 2, at most 8");
  CHECK(message_for({{"widh", std::int64_t{4}}}).find("did you mean width?") != std::string::npos);
}

TEST_CASE("options as text read as they were written", "[base]") {
  CHECK(text_of(OptionValue(true)) == "true");
  CHECK(text_of(OptionValue(std::int64_t{7})) == "7");
  CHECK(text_of(OptionValue(0.5)) == "0.5");
  CHECK(text_of(OptionValue(0.0)) == "0");
  CHECK(text_of(OptionValue(std::string("none"))) == "none");
}

TEST_CASE("forms and dtypes have names", "[base]") {
  CHECK(form_named("folded") == Form::folded);
  CHECK(form_named("fused") == Form::fused);
  CHECK(name(Form::fused) == "fused");
  CHECK_FALSE(form_named("Train"));
  CHECK(dtype_named("bfloat16") == Dtype::bfloat16);
  CHECK(size_of(Dtype::bfloat16) == 2);
  CHECK(size_of(Dtype::float64) == 8);
  CHECK(follows_channels("in_channels"));
  CHECK_FALSE(follows_channels("groups"));
}

TEST_CASE("options are written as the command line takes them", "[base]") {
  const Options options{{"num_basis", std::int64_t{8}}, {"dropout_rate", 0.5}};
  CHECK(text_of(options) == "dropout_rate=0.5 num_basis=8");
  CHECK(text_of(Options{}).empty());
}
