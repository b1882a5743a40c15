"""Makes a cell ready in one of PyTorch's ways: its block, its input, and a check that the result is right."""

import copy
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from blocks import build
from contenders import Contender
from samples import extent

DTYPES = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16,
          "bfloat16": torch.bfloat16}
CALLS_TO_SETTLE = 4  # compiling, warming up and recording a graph each take a call


@dataclass
class Ready:
    call: Callable[[], Any]
    device: torch.device
    max_abs: float  # error against the eager block in double
    max_rel: float  # the same over the largest element


def configure(contender: Contender, threads: int | None, narrow: bool) -> None:
    """Settings of the whole process, which runs this contender alone. `narrow`: 256-bit vectors."""
    if threads:
        torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = contender.tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    if contender.mode is None:
        return
    from torch._dynamo import config as dynamo
    from torch._inductor import config as inductor
    # A cell is called in one way alone, so a second compilation would be a mistake, and one that hides.
    dynamo.error_on_recompile = True
    inductor.freezing = contender.freezing
    if narrow:
        inductor.cpp.simdlen = 256


def settle_norms(module: nn.Module, generator: torch.Generator) -> None:
    """Statistics and gains as after training: a fresh norm would let a mistake in folding it pass."""
    def spread(tensor: Tensor, low: float, high: float) -> None:
        tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)

    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for tensor, low, high in ((norm.running_mean, -1, 1), (norm.running_var, 0.5, 1.5),
                                      (norm.weight, 0.5, 1.5), (norm.bias, -0.5, 0.5)):
                if tensor is not None:
                    spread(tensor, low, high)


def deployed(cell: dict[str, Any]) -> nn.Module:
    """The cell's block in its deploy form, float32, on the CPU; weights depend on the seed alone."""
    torch.manual_seed(cell["seed"] % 2**63)
    module = build(cell["block"], cell["options"])
    with torch.no_grad():
        settle_norms(module, torch.Generator().manual_seed(cell["seed"] % 2**63))
    switch = getattr(module, "switch_to_deploy", None)
    if callable(switch):
        switch()
    return module.eval()


def entry(module: nn.Module, name: str) -> Callable[[Tensor], Any]:
    """A function that calls `module`, with a code object of its own.

    torch.compile keeps what it compiled with the code object, eight at most, and looks through all of them at
    each call. Blocks of one class share theirs.
    """
    def call(x: Tensor) -> Any:
        return module(x)

    code = call.__code__.replace(co_name=name)
    return types.FunctionType(code, call.__globals__, name, None, call.__closure__)


def compare(output: Tensor, reference: Tensor) -> tuple[float, float]:
    """Largest error, absolute and over the largest element."""
    worst = (output.double() - reference).abs().max().item()
    return worst, worst / max(reference.abs().max().item(), 1e-300)


def prepare(cell: dict[str, Any], contender: Contender) -> Ready:
    """Builds, compiles and checks. Call it in inference mode. Exceptions are the caller's to record."""
    device, dtype = torch.device(cell["device"]), DTYPES[cell["dtype"]]
    if device.type == "cuda":
        torch.cuda.set_device(device.index or 0)  # of streams and events, too
    with torch.inference_mode(False):
        module = deployed(cell).to(device, dtype)
        double = copy.deepcopy(module).double()
        if contender.channels_last:
            module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        function: Callable[[Tensor], Any] = module
        if contender.mode is not None:
            function = torch.compile(entry(module, f"cell_{cell['cell']}"), mode=contender.mode,
                                     fullgraph=True, dynamic=False)
    size = cell["batch"], cell["in_channels"], *extent(cell["resolution"])
    x = torch.randn(size, generator=torch.Generator().manual_seed(cell["seed"] % 2**63)).to(device, dtype)
    if contender.channels_last:
        x = x.contiguous(memory_format=torch.channels_last)

    for _ in range(CALLS_TO_SETTLE):
        output = function(x)
    worst, relative = compare(output, double(x.double()))
    return Ready(lambda: function(x), device, worst, relative)
