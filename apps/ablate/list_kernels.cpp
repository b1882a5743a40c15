#include "list_kernels.hpp"

#include "ablate/base/text.hpp"
#include "ablate/blocks/fusable_block.hpp"
#include "ablate/blocks/registry.hpp"
#include "ablate/measure/device.hpp"
#include "ablate/run/build_cell.hpp"
#include "columns.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace ablate::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// An input, [batch, channels, height, width].
using Shape = std::array<std::int64_t, 4>;

Shape shape_of(const std::string& text) {
  Shape shape{};
  const auto* at = text.data();
  const auto* end = at + text.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, shape[i]);
    const bool last = i + 1 == shape.size();
    const bool goes_on = last ? next == end : next != end && *next == ',';
    if (error != std::errc{} || shape[i] < 1 || !goes_on)
      throw UserError("--shape", text, "B,C,H,W: four integers, at least 1");
    at = last ? next : next + 1;
  }
  return shape;
}

bool has_fused_form(const BlockSpec& block) {
  return std::ranges::find(block.forms, Form::fused) != block.forms.end();
}

std::vector<std::string> blocks_asked(const KernelQuery& query) {
  std::vector<std::string> all;
  for (const auto& block : block_specs())
    if (has_fused_form(block)) all.push_back(block.name);
  for (const auto& name : query.blocks)
    if (!has_fused_form(block_type(name, "--block").spec))
      throw UserError("--block", fmt::format("{}, which has no form fused", name), join(all));
  return query.blocks.empty() ? all : query.blocks;
}

std::vector<std::string> devices_asked(const KernelQuery& query) {
  if (query.devices.empty())
    return why_not_here("cuda").empty() ? std::vector<std::string>{"cpu", "cuda"}
                                        : std::vector<std::string>{"cpu"};
  for (const auto& device : query.devices) {
    if (device != "cpu" && device != "cuda" && !device.starts_with("cuda:"))
      throw UserError("--device", device, "cpu, cuda, cuda:N");
    if (const auto reason = why_not_here(device); !reason.empty())
      throw UserError("--device", fmt::format("{}: {}", device, reason), "a device that is here");
  }
  return query.devices;
}

std::vector<Dtype> dtypes_asked(const KernelQuery& query) {
  std::vector<Dtype> dtypes;
  for (const auto& text : query.dtypes) dtypes.push_back(*dtype_named(text));
  if (dtypes.empty())
    for (const auto name : dtype_names) dtypes.push_back(*dtype_named(name));
  return dtypes;
}

std::shared_ptr<FusableBlock> block_at(const std::string& name, Options options, const std::string& device,
                                       Dtype dtype) {
  auto block = std::dynamic_pointer_cast<FusableBlock>(make_block(name, options, Form::fused));
  block->module().eval();
  block->module().to(torch::Device(device), scalar_type(dtype));
  return block;
}

/// "1, 3, 5", or why there is none: asked of the kernels, one size after another.
std::string kernel_sizes(const std::string& name, const std::string& device, Dtype dtype) {
  std::vector<std::string> sizes;
  std::string why_not;
  for (std::int64_t size = 1; size <= 15; size += 2) {
    const Options options{
        {"in_channels", std::int64_t{8}}, {"out_channels", std::int64_t{8}}, {"kernel_size", size}};
    if (auto reason = block_at(name, options, device, dtype)->no_kernel())
      why_not = std::move(*reason);
    else
      sizes.push_back(fmt::format("{}", size));
  }
  return sizes.empty() ? fmt::format("none, runs as folded: {}", why_not) : join(sizes);
}

void print_machine(const std::vector<std::string>& devices) {
  for (const auto& device : devices)
    if (device == "cpu")
      fmt::print("cpu: {}, {} threads\n", at::get_cpu_capability(), at::get_num_threads());
    else
      fmt::print("{}: {}, compute capability {}\n", device, gpu_info().name, compute_capability(device));
}

Options options_at(const KernelQuery& query, const Shape& shape) {
  Options options{{"in_channels", shape[1]}, {"out_channels", query.out_channels.value_or(shape[1])}};
  if (query.kernel_size) options["kernel_size"] = *query.kernel_size;
  return options;
}

Rows rows_without_shape(const KernelQuery& query, const std::vector<std::string>& devices) {
  Rows rows{{"block", "device", "dtype", "kernel sizes"}};
  for (const auto& name : blocks_asked(query))
    for (const auto& device : devices)
      for (const auto dtype : dtypes_asked(query))
        rows.push_back({name, device, std::string(ablate::name(dtype)), kernel_sizes(name, device, dtype)});
  return rows;
}

Rows rows_at(const KernelQuery& query, const Shape& shape, const std::vector<std::string>& devices) {
  Rows rows{{"block", "device", "dtype", "scheme", "why"}};
  for (const auto& name : blocks_asked(query))
    for (const auto& device : devices)
      for (const auto dtype : dtypes_asked(query)) {
        const auto block = block_at(name, options_at(query, shape), device, dtype);
        const auto why_not = block->no_kernel();
        const auto scheme =
            why_not ? kernels::Scheme{"folded", *why_not} : block->scheme({shape[0], shape[2], shape[3]});
        rows.push_back({name, device, std::string(ablate::name(dtype)), scheme.name, scheme.why});
      }
  return rows;
}

}  // namespace

void list_kernels(const KernelQuery& query) {
  const c10::InferenceMode inference;
  const auto devices = devices_asked(query);
  if (query.shape) {
    fmt::print("{}", in_columns(rows_at(query, shape_of(*query.shape), devices)));
    return;
  }
  if (query.kernel_size || query.out_channels)
    throw UserError(query.kernel_size ? "--kernel-size" : "--out-channels", "no --shape",
                    "--shape beside it");
  const auto rows = rows_without_shape(query, devices);
  print_machine(devices);
  fmt::print("{}", in_columns(rows));
}

}  // namespace ablate::cli
