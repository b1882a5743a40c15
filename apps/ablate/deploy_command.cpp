#include "ablate/base/text.hpp"
#include "ablate/check/convert.hpp"
#include "ablate/weights/safetensors.hpp"
#include "commands.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <memory>

namespace ablate::cli {
namespace {

struct DeployArguments {
  std::string block, weights, out, prefix, form = "deploy";
  std::vector<std::string> set;
};

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

OptionValue option_value(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  if (const auto integer = whole_number<std::int64_t>(text)) return *integer;
  if (const auto real = whole_number<double>(text)) return *real;
  return text;
}

Options options_from(const std::vector<std::string>& assignments) {
  Options options;
  for (const auto& assignment : assignments) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos) throw UserError("--set", assignment, "NAME=VALUE");
    options[assignment.substr(0, equals)] = option_value(assignment.substr(equals + 1));
  }
  return options;
}

/// {"in_channels": 24, ...}, as golden files carry their options.
std::string options_json(const Options& options) {
  std::string text;
  for (const auto& [name, value] : options)
    // Names of choices are plain words: nothing in them needs an escape.
    text += fmt::format("{0}\"{1}\": {2}{3}{2}", text.empty() ? "" : ", ", name,
                        std::holds_alternative<std::string>(value) ? "\"" : "", text_of(value));
  return "{" + text + "}";
}

void print_summary(const DeployArguments& arguments, const Converted& converted) {
  fmt::print("{} {}\n", arguments.block, text_of(converted.options));
  fmt::print("parameters: {} -> {} ({:+.1f}%)\n", with_thousands(converted.params_before),
             with_thousands(converted.params_after),
             100.0 * static_cast<double>(converted.params_after - converted.params_before) /
                 static_cast<double>(converted.params_before));
  fmt::print("largest difference of the outputs: {:.1e}, relative {:.1e}\n", converted.difference.absolute,
             converted.difference.relative);
}

int deploy(const DeployArguments& arguments) {
  const auto form = form_named(arguments.form);
  const auto file = read_safetensors(arguments.weights);
  const auto converted = convert_weights(arguments.block, options_from(arguments.set), *form, file.tensors,
                                         arguments.prefix, arguments.weights);
  print_summary(arguments, converted);
  if (!converted.difference.within) {
    fmt::print(stderr, "ablate: the two forms do not agree ({}); nothing is written\n",
               converted.difference.note.empty() ? "outside the tolerance" : converted.difference.note);
    return check_failed;
  }
  auto metadata = file.metadata;
  metadata["block"] = arguments.block;
  metadata["form"] = arguments.form;
  metadata["options"] = options_json(converted.options);
  write_safetensors(arguments.out, {converted.tensors, metadata});
  fmt::print("written: {}\n", arguments.out);
  return well;
}

}  // namespace

void add_deploy(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<DeployArguments>();
  auto& command = *app.add_subcommand("deploy", "Convert a block's trained weights to its deployed form");
  command.add_option("--block", arguments->block, "A registered block, see `ablate list blocks`")
      ->required()
      ->type_name("BLOCK");
  command.add_option("--weights", arguments->weights, "safetensors file with its trained state dict")
      ->required();
  command.add_option("--out", arguments->out, "safetensors file to write")->required();
  command
      .add_option("--set", arguments->set,
                  "NAME=VALUE: an option of the block; those that tensor shapes tell need not be given")
      ->allow_extra_args(false);
  command
      .add_option(
          "--form", arguments->form,
          "deploy, or folded: the remaining batch norms too; the form fused has the tensors of folded")
      ->check(CLI::IsMember({"deploy", "folded"}))
      ->capture_default_str();
  command.add_option("--prefix", arguments->prefix,
                     "The block's place in a larger state dict (stages.0.1.); all else is copied");
  command.footer(
      "Example:\n  ablate deploy --block STMBlock --weights trained.safetensors --out deployed.safetensors");
  command.callback([arguments, &exit_code] { exit_code = deploy(*arguments); });
}

}  // namespace ablate::cli
