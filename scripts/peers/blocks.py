"""The blocks under study in PyTorch: the peer that `ablate` is timed and checked against.

Each class runs the operations of the notebook's module of that name, in its order and with its state-dict
names, so that weights move between the two and eager timings are like for like. That is also why the forward
methods below repeat a line or two instead of sharing it: a call more would be a call timed.

`build(block, options, form)` makes one by name; options are those of `ablate list blocks`.
"""

import inspect
from typing import Any

import torch
from torch import Tensor, nn


class RepConv(nn.Module):
    """Parallel k x k, 1 x 1 and identity branches, each with its batch norm, summed, then ReLU.

    Input [N, in, H, W], output [N, out, H', W']. Once deployed, `fused_conv` stands in the branches' place.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1,
                 padding: int = 1, groups: int = 1, use_activation: bool = True):
        super().__init__()

        def conv(size: int, margin: int) -> nn.Conv2d:
            return nn.Conv2d(in_channels, out_channels, size, stride, margin, groups=groups, bias=False)

        self.conv_kxk = conv(kernel_size, padding)
        self.bn_kxk = nn.BatchNorm2d(out_channels)
        self.conv_1x1 = conv(1, 0) if kernel_size > 1 else None
        self.bn_1x1 = nn.BatchNorm2d(out_channels) if kernel_size > 1 else None
        identity = stride == 1 and in_channels == out_channels
        self.bn_identity = nn.BatchNorm2d(out_channels) if identity else None
        self.fused_conv = None
        self.activation = nn.ReLU(inplace=True) if use_activation else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        if self.fused_conv is not None:
            return self.activation(self.fused_conv(x))
        total = self.bn_kxk(self.conv_kxk(x))
        if self.conv_1x1 is not None:
            total += self.bn_1x1(self.conv_1x1(x))
        if self.bn_identity is not None:
            total += self.bn_identity(x)
        return self.activation(total)

    @torch.no_grad()
    def switch_to_deploy(self) -> None:
        """Replaces the branches by one convolution that gives the same in evaluation mode. Idempotent."""
        if self.fused_conv is not None:
            return
        main = self.conv_kxk
        margin = main.kernel_size[0] // 2
        weight, bias = _fold(main.weight, self.bn_kxk)
        if self.conv_1x1 is not None:
            point, shift = _fold(self.conv_1x1.weight, self.bn_1x1)
            weight += nn.functional.pad(point, [margin] * 4)
            bias += shift
        if self.bn_identity is not None:
            copy, shift = _fold(_identity_kernel(main), self.bn_identity)
            weight += copy
            bias += shift

        fused = nn.Conv2d(main.in_channels, main.out_channels, main.kernel_size, main.stride, main.padding,
                          groups=main.groups, device=main.weight.device, dtype=main.weight.dtype)
        fused.weight.copy_(weight)
        fused.bias.copy_(bias)
        self.fused_conv = fused.train(self.training)
        self.conv_kxk = self.bn_kxk = self.conv_1x1 = self.bn_1x1 = self.bn_identity = None


def _fold(weight: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution followed by `norm` in evaluation mode, in double."""
    gain = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    return weight.double() * gain.view(-1, 1, 1, 1), norm.bias.double() - norm.running_mean.double() * gain


def _identity_kernel(like: nn.Conv2d) -> Tensor:
    """The kernel of `like`'s shape that copies each input channel to its output."""
    kernel = torch.zeros_like(like.weight)
    channel = torch.arange(like.out_channels, device=kernel.device)
    centre = like.kernel_size[0] // 2
    kernel[channel, channel % kernel.shape[1], centre, centre] = 1
    return kernel


def _dropout(rate: float) -> nn.Module:
    return nn.Dropout(rate) if rate > 0 else nn.Identity()


class PRCM(nn.Module):
    """Scales each channel by a gate that a small basis of channel patterns gives. Shape is kept."""

    def __init__(self, channels: int, num_basis: int = 8, dropout_rate: float = 0.5):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(num_basis, channels))
        self.fuser = nn.Linear(num_basis, channels, bias=False)
        self.coeff_dropout = _dropout(dropout_rate)

    def forward(self, x: Tensor) -> Tensor:
        coefficients = self.coeff_dropout(x.mean(dim=[2, 3]) @ self.basis.t())
        return x * self.fuser(coefficients).sigmoid().unsqueeze(-1).unsqueeze(-1)


class SimplePRCM(nn.Module):
    """PRCM under the state-dict names that FastSTMBlock uses."""

    def __init__(self, channels: int, num_basis: int = 8, dropout_rate: float = 0.5):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(num_basis, channels))
        self.scale_proj = nn.Linear(num_basis, channels, bias=False)
        self.coeff_dropout = _dropout(dropout_rate)

    def forward(self, x: Tensor) -> Tensor:
        coefficients = self.coeff_dropout(x.mean(dim=[2, 3]) @ self.basis.t())
        return x * self.scale_proj(coefficients).sigmoid().unsqueeze(-1).unsqueeze(-1)


class AffinePRCM(nn.Module):
    """SimplePRCM with a shift beside the scale."""

    def __init__(self, channels: int, num_basis: int = 8, dropout_rate: float = 0.5):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(num_basis, channels))
        self.scale_proj = nn.Linear(num_basis, channels, bias=False)
        self.shift_proj = nn.Linear(num_basis, channels, bias=False)
        self.coeff_dropout = _dropout(dropout_rate)

    def forward(self, x: Tensor) -> Tensor:
        coefficients = self.coeff_dropout(x.mean(dim=[2, 3]) @ self.basis.t())
        scale = self.scale_proj(coefficients).sigmoid().unsqueeze(-1).unsqueeze(-1)
        shift = self.shift_proj(coefficients).unsqueeze(-1).unsqueeze(-1)
        return x * scale + shift


def _depthwise(channels: int, kernel_size: int) -> RepConv:
    return RepConv(channels, channels, kernel_size, padding=kernel_size // 2, groups=channels)


class DWBlock(nn.Module):
    """[1 x 1 convolution where in differs from out,] depthwise RepConv, PRCM: all channels take part."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 7, num_basis: int = 8,
                 dropout_rate: float = 0.5):
        super().__init__()
        widen = [] if in_channels == out_channels else [nn.Conv2d(in_channels, out_channels, 1, bias=False)]
        self.conv = nn.Sequential(*widen, _depthwise(out_channels, kernel_size))
        self.prcm = PRCM(out_channels, num_basis, dropout_rate)

    def forward(self, x: Tensor) -> Tensor:
        return self.prcm(self.conv(x))

    def switch_to_deploy(self) -> None:
        self.conv[-1].switch_to_deploy()


class STMBlock(nn.Module):
    """Second half of the channels: depthwise RepConv, AffinePRCM; first half passes by; then a shuffle."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 7, num_basis: int = 8,
                 dropout_rate: float = 0.5):
        super().__init__()
        if in_channels % 2 or out_channels % 2:
            raise ValueError(f"channels: {in_channels}, {out_channels}; allowed: even numbers")
        half_in, half_out = in_channels // 2, out_channels // 2

        def adjust() -> nn.Module:
            return nn.Identity() if half_in == half_out else nn.Conv2d(half_in, half_out, 1, bias=False)

        self.passive_adjust = adjust()
        self.pw_conv = adjust()
        self.dw_repconv = _depthwise(half_out, kernel_size)
        self.affine_prcm = AffinePRCM(half_out, num_basis, dropout_rate)

    def forward(self, x: Tensor) -> Tensor:
        passive, active = torch.chunk(x, 2, dim=1)
        passive = self.passive_adjust(passive)
        active = self.affine_prcm(self.dw_repconv(self.pw_conv(active)))
        return shuffle(torch.cat([passive, active], dim=1), 2)

    def switch_to_deploy(self) -> None:
        self.dw_repconv.switch_to_deploy()


class FastSTMBlock(nn.Module):
    """First half of the channels: depthwise RepConv, SimplePRCM; then a 1 x 1 convolution mixes all."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 7, num_basis: int = 8,
                 dropout_rate: float = 0.5):
        super().__init__()
        align = in_channels != out_channels
        self.align_conv = nn.Conv2d(in_channels, out_channels, 1, bias=False) if align else None
        self.align_bn = nn.BatchNorm2d(out_channels) if align else None
        self.active_channels = out_channels // 2
        self.partial_conv = _depthwise(self.active_channels, kernel_size)
        self.partial_prcm = SimplePRCM(self.active_channels, num_basis, dropout_rate)
        self.mix_conv = nn.Conv2d(out_channels, out_channels, 1, bias=False)
        self.mix_bn = nn.BatchNorm2d(out_channels)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        if self.align_conv is not None:
            x = self.act(self.align_bn(self.align_conv(x)))
        active = x[:, :self.active_channels, :, :]
        passive = x[:, self.active_channels:, :, :]
        active = self.partial_prcm(self.partial_conv(active))
        merged = torch.cat([active, passive], dim=1)
        return self.act(self.mix_bn(self.mix_conv(merged)))

    def switch_to_deploy(self) -> None:
        self.partial_conv.switch_to_deploy()


def shuffle(x: Tensor, groups: int) -> Tensor:
    """Channel order 0, C/g, 1, C/g + 1, … : neighbours then come from different groups."""
    batch, channels, height, width = x.shape
    x = x.view(batch, groups, channels // groups, height, width)
    return x.transpose(1, 2).contiguous().view(batch, -1, height, width)


class Chunk(nn.Module):
    """Halves the channels, as two views."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return torch.chunk(x, 2, dim=1)


class Concat(nn.Module):
    """Halves the channels and puts them together again, as a copy."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = torch.chunk(x, 2, dim=1)
        return torch.cat([first, second], dim=1)


class ChannelShuffle(nn.Module):
    """Interleaves groups of channels."""

    def __init__(self, groups: int = 2):
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        return shuffle(x, self.groups)


class Slice(nn.Module):
    """Splits the channels by indexing, `dim` and the rest (0: in halves), as two views."""

    def __init__(self, dim: int = 0):
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        at = self.dim or x.shape[1] // 2
        return x[:, :at, :, :], x[:, at:, :, :]


class ConvBnRelu(nn.Sequential):
    """1 x 1 convolution, batch norm, ReLU: what FastSTMBlock mixes with."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 1):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False),
            nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))


BLOCKS: dict[str, type[nn.Module]] = {block.__name__: block for block in (
    RepConv, PRCM, AffinePRCM, SimplePRCM, DWBlock, STMBlock, FastSTMBlock, Chunk, Concat, ChannelShuffle,
    Slice, ConvBnRelu)}


def build(block: str, options: dict[str, Any], form: str = "train",
          classes: dict[str, type[nn.Module]] | None = None) -> nn.Module:
    """A block by name in one of its forms, with fresh weights.

    `classes` gives other classes of the same names; where their constructor says in_ch for in_channels, or
    out_ch for out_channels, it gets that. Raises ValueError for a block or a form that is not there.
    """
    known = BLOCKS if classes is None else classes
    if block not in known:
        raise ValueError(f"block: {block}; allowed: {', '.join(known)}")
    if form not in ("train", "deploy"):
        raise ValueError(f"form: {form}; allowed: train, deploy")
    names = inspect.signature(known[block]).parameters
    short = {"in_channels": "in_ch", "out_channels": "out_ch"}
    module = known[block](**{short.get(name, name) if name not in names else name: value
                             for name, value in options.items()})
    if form == "deploy" and hasattr(module, "switch_to_deploy"):
        module.switch_to_deploy()
    return module
