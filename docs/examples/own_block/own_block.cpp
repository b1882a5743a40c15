// 1 x 1 convolution, depthwise convolution, batch norm, ReLU. Deployed, the batch norm is inside the
// convolution.
#include <ablate/blocks/fuse.hpp>
#include <ablate/blocks/plugin.hpp>

struct OwnOptions {
  TORCH_ARG(int64_t, in_channels) = 64;
  TORCH_ARG(int64_t, out_channels) = 64;
  TORCH_ARG(int64_t, kernel_size) = 7;
  TORCH_ARG(bool, deployed) = false;  // among the options, so that a clone of a deployed block is one
};

struct OwnBlockImpl : ablate::BlockModule<OwnBlockImpl> {
  explicit OwnBlockImpl(OwnOptions given) : options(given) { reset(); }

  void reset() override {
    const auto out = options.out_channels(), k = options.kernel_size();
    using Conv = torch::nn::Conv2dOptions;
    mix = register_module("mix", torch::nn::Conv2d(Conv(options.in_channels(), out, 1).bias(false)));
    conv = register_module(
        "conv", torch::nn::Conv2d(Conv(out, out, k).padding(k / 2).groups(out).bias(options.deployed())));
    if (!options.deployed()) norm = register_module("norm", torch::nn::BatchNorm2d(out));
  }

  torch::Tensor forward(const torch::Tensor& input) {
    ablate::check_input("OwnBlock", input, options.in_channels(), mix->weight);
    const auto output = conv(mix(input));
    return norm ? norm(output).relu_() : output.relu();
  }

  ablate::Form form() const override {
    return options.deployed() ? ablate::Form::deploy : ablate::Form::train;
  }

  void switch_to(ablate::Form wanted) override {
    ablate::check_forward("OwnBlock", form(), wanted);  // there is no way back
    if (options.deployed() || wanted == ablate::Form::train) return;
    conv = replace_module("conv", ablate::folded(conv, norm));
    unregister_module("norm");
    norm = nullptr;
    options.deployed(true);
  }

  OwnOptions options;
  torch::nn::Conv2d mix{nullptr}, conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
};

ABLATE_REGISTER_BLOCK(
    ablate::Declaration<OwnBlockImpl, OwnOptions>("OwnBlock", "1 x 1 convolution, then a depthwise one", {})
        .forms({ablate::Form::train, ablate::Form::deploy})
        .required("in_channels", &OwnOptions::in_channels, {.minimum = 1}, "channels of the input")
        .required("out_channels", &OwnOptions::out_channels, {.minimum = 1}, "channels of the output")
        .option("kernel_size", &OwnOptions::kernel_size, {.minimum = 1, .parity = ablate::Parity::odd},
                "of the depthwise convolution"))
