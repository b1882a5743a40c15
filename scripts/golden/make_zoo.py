#!/usr/bin/env python3
"""Makes tests/golden/zoo/*.safetensors: what torchvision's and timm's own modules compute.

Needs torch, torchvision, timm and safetensors; each file's metadata says which versions made it. Parameters,
statistics and inputs are drawn from a seed of the file's name, so that a second run gives the same
tensors.
"""

import argparse
import copy
import json
import pathlib
import zlib

import safetensors.torch
import timm
import torch
import torchvision
from timm.layers import EcaModule
from timm.models.byobnet import MobileOneBlock, RepVggBlock
from timm.models.fasternet import MLPBlock, Partial_conv3
from timm.models.ghostnet import GhostModule
from torch import nn
from torchvision.models.convnext import CNBlock
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.shufflenetv2 import InvertedResidual as ShuffleUnit
from torchvision.ops import SqueezeExcitation


def mobile_one_pair(inputs, outputs, branches, stride=1):
    """Two neighbours in a stage of timm's MobileOne."""
    depthwise = MobileOneBlock(inputs, inputs, 3, stride=stride, group_size=1, num_conv_branches=branches)
    return nn.Sequential(depthwise, MobileOneBlock(inputs, outputs, 1, num_conv_branches=branches))


def faster_net(channels, layer_scale=0.0):
    return MLPBlock(channels, 4, 2.0, 0.0, layer_scale)


# File, block, its options, what makes the Python module, the channels of its input.
CASES = [
    ("InvertedResidual_i8_o8", "InvertedResidual", {"in_channels": 8, "out_channels": 8},
     lambda: InvertedResidual(8, 8, 1, 6), 8),
    ("InvertedResidual_i8_o12_t1_s2", "InvertedResidual",
     {"in_channels": 8, "out_channels": 12, "expansion": 1, "stride": 2},
     lambda: InvertedResidual(8, 12, 2, 1), 8),
    ("ShuffleUnit_c12", "ShuffleUnit", {"channels": 12}, lambda: ShuffleUnit(12, 12, 1), 12),
    ("RepVGGBlock_i8_o8", "RepVGGBlock", {"in_channels": 8, "out_channels": 8},
     lambda: RepVggBlock(8, 8), 8),
    ("RepVGGBlock_i8_o12_g4_s2", "RepVGGBlock",
     {"in_channels": 8, "out_channels": 12, "groups": 4, "stride": 2},
     lambda: RepVggBlock(8, 12, stride=2, group_size=2), 8),
    ("MobileOneConv_i8_o8_g8_b2", "MobileOneConv",
     {"in_channels": 8, "out_channels": 8, "groups": 8, "branches": 2},
     lambda: MobileOneBlock(8, 8, 3, group_size=1, num_conv_branches=2), 8),
    ("MobileOneBlock_i8_o8_b4", "MobileOneBlock", {"in_channels": 8, "out_channels": 8, "branches": 4},
     lambda: mobile_one_pair(8, 8, 4), 8),
    ("MobileOneBlock_i8_o12_s2", "MobileOneBlock", {"in_channels": 8, "out_channels": 12, "stride": 2},
     lambda: mobile_one_pair(8, 12, 1, 2), 8),
    ("GhostModule_i8_o12", "GhostModule", {"in_channels": 8, "out_channels": 12},
     lambda: GhostModule(8, 12), 8),
    ("GhostModule_i8_o11_r3_actFalse", "GhostModule",
     {"in_channels": 8, "out_channels": 11, "ratio": 3, "use_activation": False},
     lambda: GhostModule(8, 11, ratio=3, act_layer=lambda inplace: nn.Identity()), 8),
    ("ConvNeXtBlock_c8", "ConvNeXtBlock", {"channels": 8}, lambda: CNBlock(8, 1e-6, 0.0), 8),
    ("FasterNetBlock_c12", "FasterNetBlock", {"channels": 12}, lambda: faster_net(12), 12),
    ("FasterNetBlock_c10_scale", "FasterNetBlock", {"channels": 10, "layer_scale": 0.1},
     lambda: faster_net(10, 0.1), 10),
    ("PartialConv_c12", "PartialConv", {"channels": 12},
     lambda: Partial_conv3(12, 4, "split_cat"), 12),
    ("SqueezeExcitation_c32", "SqueezeExcitation", {"channels": 32},
     lambda: SqueezeExcitation(32, 2), 32),
    ("SqueezeExcitation_c16_r4", "SqueezeExcitation", {"channels": 16, "reduction": 4},
     lambda: SqueezeExcitation(16, 4), 16),
    ("ECA_c16", "ECA", {"channels": 16}, lambda: EcaModule(16), 16),
    ("ECA_c256", "ECA", {"channels": 256}, lambda: EcaModule(256), 256),
]


def randomise(module):
    """Everything that training would move, so that no tensor can be left out unnoticed."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.5)
            elif name.endswith("running_var"):
                buffer.uniform_(0.3, 2)


def trained(module, given):
    """One call in training mode, and the gradient of the sum of squares of its output."""
    module = copy.deepcopy(module).train()
    given = given.clone().requires_grad_()
    output = module(given)
    output.square().sum().backward()
    tensors = {"output.train": output.detach(), "grad.input": given.grad}
    tensors |= {f"after.{name}": tensor for name, tensor in module.state_dict().items()}
    return tensors | {f"grad.{name}": parameter.grad for name, parameter in module.named_parameters()}


def deployed(module, given):
    """The package's own re-parameterisation; nothing where it has none."""
    module = copy.deepcopy(module).eval()
    branched = [child for child in module.modules() if hasattr(child, "reparameterize")]
    for child in branched:
        child.reparameterize()
    if not branched:
        return {}
    tensors = {f"deploy.{name}": tensor for name, tensor in module.state_dict().items()}
    return tensors | {"output.deploy": module(given).detach()}


def golden(name, make, channels):
    torch.manual_seed(zlib.crc32(name.encode()))
    module = make()
    randomise(module)
    given = torch.randn(2, channels, *((7, 6) if channels < 100 else (3, 2)))
    tensors = {"input": given, "output.eval": copy.deepcopy(module).eval()(given).detach()}
    tensors |= {f"weights.{key}": tensor for key, tensor in module.state_dict().items()}
    tensors |= trained(module, given) | deployed(module, given)
    return {key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, nargs="?", default="tests/golden/zoo")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # sums in one order
    torch.use_deterministic_algorithms(True)
    made_by = f"torch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}"
    for name, block, options, make, channels in CASES:
        metadata = {"block": block, "options": json.dumps(options), "made_by": made_by}
        file = folder / f"{name}.safetensors"
        safetensors.torch.save_file(golden(name, make, channels), file, metadata)
        file.chmod(0o644)
    print(f"{len(CASES)} files in {folder}, by {made_by}")


if __name__ == "__main__":
    main()
