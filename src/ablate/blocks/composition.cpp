#include "ablate/blocks/composition.hpp"

#include "ablate/blocks/channel_ops.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ablate {
namespace {

/// An error whose part has been named: the blocks around it leave it as it is.
class PartError : public UserError {
  using UserError::UserError;
};

std::string shape_of(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

std::string first_line_of(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

Composition::Composition(BlockExpr how, Parts parts, std::vector<std::int64_t> sizes)
    : Module(short_name(how)), how_(std::move(how)), parts_(std::move(parts)), sizes_(std::move(sizes)) {
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i])
      register_module(std::to_string(i), std::dynamic_pointer_cast<torch::nn::Module>(parts_[i]));
}

torch::Tensor Composition::run_part(std::size_t part, const torch::Tensor& input) {
  if (!parts_[part]) return input;
  const auto place = [&] { return how_.parts[std::min(part, how_.parts.size() - 1)].place; };
  const auto refuse = [&](const std::string& what) {
    throw PartError(place(), what, fmt::format("a part that takes {}", shape_of(input)));
  };
  try {
    auto outputs = parts_[part]->run(input);
    if (outputs.size() != 1) refuse(fmt::format("{} outputs", outputs.size()));
    return std::move(outputs.front());
  } catch (const PartError&) {
    throw;
  } catch (const UserError& error) {
    throw PartError(place(), error);
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const c10::Error& error) {
    refuse(first_line_of(error.what_without_backtrace()));
  }
  return {};
}

void Composition::check_same(const torch::Tensor& one, const torch::Tensor& other, std::size_t part) const {
  if (one.sizes() != other.sizes())
    throw PartError(how_.parts[part].place, fmt::format("gives {}", shape_of(other)),
                    fmt::format("{}, what it is joined with", shape_of(one)));
}

torch::Tensor Composition::sequence(torch::Tensor x) {
  for (std::size_t part = 0; part < parts_.size(); ++part) x = run_part(part, x);
  return x;
}

torch::Tensor Composition::residual(const torch::Tensor& input) {
  const auto change = run_part(0, input);
  check_same(input, change, 0);
  return input + change;
}

torch::Tensor Composition::split(const torch::Tensor& input) {
  auto slices = input.split_with_sizes(sizes_, 1);
  for (std::size_t part = 0; part < parts_.size(); ++part) slices[part] = run_part(part, slices[part]);
  const auto merged = torch::cat(slices, 1);
  return how_.shuffle ? shuffle_channels(merged, static_cast<std::int64_t>(slices.size())) : merged;
}

torch::Tensor Composition::parallel(const torch::Tensor& input) {
  if (how_.join == Join::concat) {
    std::vector<torch::Tensor> outputs;
    for (std::size_t part = 0; part < parts_.size(); ++part) outputs.push_back(run_part(part, input));
    return torch::cat(outputs, 1);
  }
  auto joined = run_part(0, input);
  for (std::size_t part = 1; part < parts_.size(); ++part) {
    const auto output = run_part(part, input);
    // A gate [N, C, 1, 1] is multiplied with each pixel.
    if (how_.join == Join::add) check_same(joined, output, part);
    joined = how_.join == Join::add ? joined + output : joined * output;
  }
  return joined;
}

Outputs Composition::run(const torch::Tensor& input) {
  switch (how_.making) {
    case Making::residual:
      return {residual(input)};
    case Making::split:
      return {split(input)};
    case Making::parallel:
      return {parallel(input)};
    default:
      return {sequence(input)};
  }
}

Form Composition::form() const {
  auto deepest = Form::train;
  for (const auto& part : parts_)
    if (part) deepest = std::max(deepest, part->form());
  return deepest;
}

void Composition::switch_to(Form form) {
  for (const auto& part : parts_)
    if (part) part->switch_to(form);
}

std::optional<Declared> Composition::declared() const {
  const auto hides = [](const std::shared_ptr<Block>& part) { return part && part->declared(); };
  return std::ranges::any_of(parts_, hides) ? std::optional(Declared{}) : std::nullopt;
}

std::shared_ptr<torch::nn::Module> Composition::clone(const std::optional<torch::Device>& device) const {
  Parts copies;
  for (const auto& part : parts_)
    copies.push_back(part ? std::dynamic_pointer_cast<Block>(part->module().clone(device)) : nullptr);
  auto copy = std::make_shared<Composition>(how_, std::move(copies), sizes_);
  if (!is_training()) copy->eval();
  return copy;
}

void Composition::to(torch::Device device, torch::Dtype dtype, bool non_blocking) {
  for (const auto& part : parts_)
    if (part) part->module().to(device, dtype, non_blocking);
}
void Composition::to(torch::Dtype dtype, bool non_blocking) {
  for (const auto& part : parts_)
    if (part) part->module().to(dtype, non_blocking);
}
void Composition::to(torch::Device device, bool non_blocking) {
  for (const auto& part : parts_)
    if (part) part->module().to(device, non_blocking);
}

}  // namespace ablate
