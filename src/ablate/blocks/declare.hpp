#pragma once

#include "ablate/blocks/registry.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ablate {

/// Turns the options of a module into a BlockType: names, types and ranges are said here once, defaults come
/// from the options struct itself. For internal use by registry.cpp, and by whoever adds a block.
template <typename Module, typename ModuleOptions>
class Declaration {
 public:
  /// `prototype` holds the defaults.
  Declaration(std::string name, std::string help, ModuleOptions prototype)
      : prototype_(std::move(prototype)) {
    type_.spec.name = std::move(name);
    type_.spec.help = std::move(help);
    type_.spec.forms = {Form::train};
  }

  Declaration&& forms(std::vector<Form> forms) && {
    type_.spec.forms = std::move(forms);
    return std::move(*this);
  }

  /// An option without a default: it must be given.
  Declaration&& required(std::string name, int64_t& (ModuleOptions::*option)(), OptionRange range,
                         std::string help) && {
    add(std::move(name), OptionType::integer, std::nullopt, range, std::move(help), option);
    return std::move(*this);
  }

  template <typename Value>
  Declaration&& option(std::string name, Value& (ModuleOptions::*option)(), OptionRange range,
                       std::string help) && {
    constexpr auto type = std::is_same_v<Value, bool>      ? OptionType::boolean
                          : std::is_same_v<Value, int64_t> ? OptionType::integer
                                                           : OptionType::real;
    add(std::move(name), type, OptionValue((prototype_.*option)()), range, std::move(help), option);
    return std::move(*this);
  }

  /// A part of the block that is there unless the option says false.
  Declaration&& part(std::string name, bool& (ModuleOptions::*option)(), std::string help) && {
    add(std::move(name), OptionType::boolean, OptionValue((prototype_.*option)()), {}, std::move(help),
        option);
    type_.spec.options.back().removes = true;
    return std::move(*this);
  }

  /// A part of the block that comes in kinds, `names` being those of the enumeration's values in their order.
  /// The prototype holds the block's own.
  template <typename Kind, std::size_t count>
  Declaration&& part(std::string name, std::optional<Kind>& (ModuleOptions::*option)(),
                     const std::array<std::string_view, count>& names, std::string help) && {
    const auto own = names[static_cast<std::size_t>((prototype_.*option)().value())];
    const std::vector<std::string> choices(names.begin(), names.end());
    setters_.emplace_back(name, [option, choices](ModuleOptions& options, const OptionValue& value) {
      const auto found = std::ranges::find(choices, std::get<std::string>(value));
      (options.*option)() = static_cast<Kind>(found - choices.begin());
    });
    type_.spec.options.push_back(
        {std::move(name), OptionType::choice, std::string(own), {}, std::move(help), choices, true});
    return std::move(*this);
  }

  operator BlockType() && {
    type_.make = [prototype = prototype_, setters = std::move(setters_)](const Options& options) {
      auto module_options = prototype;
      // A part that is not mentioned is there.
      for (const auto& [name, set] : setters)
        if (const auto value = options.find(name); value != options.end()) set(module_options, value->second);
      return std::make_shared<Module>(module_options);
    };
    return std::move(type_);
  }

 private:
  template <typename Value>
  void add(std::string name, OptionType type, std::optional<OptionValue> fallback, OptionRange range,
           std::string help, Value& (ModuleOptions::*option)()) {
    setters_.emplace_back(name, [option](ModuleOptions& options, const OptionValue& value) {
      (options.*option)() = std::get<Value>(value);
    });
    type_.spec.options.push_back({std::move(name), type, fallback, range, std::move(help)});
  }

  ModuleOptions prototype_;
  BlockType type_;
  std::vector<std::pair<std::string, std::function<void(ModuleOptions&, const OptionValue&)>>> setters_;
};

}  // namespace ablate
