#include "ablate/blocks/aoti_block.hpp"

#include "ablate/base/text.hpp"
#include "ablate/blocks/script_block.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <charconv>
#include <cstdlib>

namespace ablate {
namespace {

std::optional<std::int64_t> integer_in(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "1,64,*,*".
std::vector<std::int64_t> shape_in(const std::string& text) {
  std::vector<std::int64_t> shape;
  for (const auto& piece : split(text, ',')) shape.push_back(integer_in(piece).value_or(-1));
  return shape;
}

}  // namespace

AotiBlock::AotiBlock(BlockExpr file, std::int64_t out_channels)
    : Module(short_name(file)),
      file_(std::move(file)),
      name_(short_name(file_)),
      out_channels_(out_channels) {
  const auto path = file_of(file_);
  try {
    for (const auto& [key, value] :
         torch::inductor::AOTIModelPackageLoader::load_metadata_from_package(path, "model"))
      metadata_.emplace(key, value);
    if (metadata_.contains("ablate_input")) shape_ = shape_in(metadata_.at("ablate_input"));
    // Compiled code does not look at shapes of its own accord, and would read beyond its input.
    if (shape_.empty()) ::setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 1);
    // Its own locking would have a call wait for the one before on the device, and forbids graphs.
    constexpr bool single_threaded = true;
    package_ = std::make_unique<torch::inductor::AOTIModelPackageLoader>(path, "model", single_threaded);
    auto* runner = package_->get_runner();
    for (const auto& [constant, tensor] : runner->extract_constants_map(false)) {
      auto name = constant;
      std::ranges::replace(name, '.', '_');
      register_buffer(name, tensor);
    }
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    refuse(telling_line(error), "a package of AOTInductor for this LibTorch");
  }
}

AotiBlock::~AotiBlock() = default;

void AotiBlock::refuse(const std::string& what, const std::string& allowed) const {
  throw UserError(file_.place, fmt::format("{}: {}", name_, what), allowed);
}

bool AotiBlock::takes(at::IntArrayRef shape) const {
  if (shape_.empty()) return true;
  if (shape.size() != shape_.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape_[i] >= 0 && shape[i] != shape_[i]) return false;
  return true;
}

Outputs AotiBlock::run(const torch::Tensor& input) {
  if (!takes(input.sizes()))
    refuse(fmt::format("an input [{}]", fmt::join(input.sizes(), ", ")),
           fmt::format("[{}], what it was compiled for", metadata_.at("ablate_input")));
  try {
    const auto found = package_->run({input});
    Outputs outputs(found.begin(), found.end());
    if (outputs.size() == 1 && outputs[0].size(1) != out_channels_)
      refuse(fmt::format("gives [{}]", fmt::join(outputs[0].sizes(), ", ")),
             fmt::format("[N, {}, H, W]", out_channels_));
    return outputs;
  } catch (const UserError&) {
    throw;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    auto what = telling_line(error);
    // It tells the reason on stderr, and here where in LibTorch that was.
    if (what.find("API call failed") != std::string::npos) what = "the compiled code refused the call";
    refuse(what, fmt::format("an input that it was compiled for; it was given [{}], {}",
                             fmt::join(input.sizes(), ", "), c10::toString(input.scalar_type())));
  }
}

std::optional<Declared> AotiBlock::declared() const {
  const auto number = [&](const char* key) {
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? std::nullopt : integer_in(found->second);
  };
  Declared declared{number("ablate_params"),
                    number("ablate_buffers"),
                    number("ablate_macs"),
                    number("ablate_elements_moved"),
                    {}};
  if (const auto at = metadata_.find("ablate_counted_at"); at != metadata_.end())
    declared.counted_at = shape_in(at->second);
  return declared;
}

std::shared_ptr<torch::nn::Module> AotiBlock::clone(const std::optional<torch::Device>&) const {
  return std::make_shared<AotiBlock>(file_, out_channels_);
}

void AotiBlock::to(torch::Device device, torch::Dtype dtype, bool) {
  const auto require_that = [&](const char* key, const std::string& wanted) {
    const auto found = metadata_.find(key);
    if (found != metadata_.end() && found->second != wanted)
      refuse(wanted, fmt::format("{}, what it was compiled for", found->second));
  };
  require_that("AOTI_DEVICE_KEY", device.is_cuda() ? "cuda" : "cpu");
  require_that("ablate_dtype", fmt::format("{}", c10::toString(dtype)));
}

}  // namespace ablate
