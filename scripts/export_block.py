#!/usr/bin/env python3
"""Exports a PyTorch module as a block that a study of `ablate` can name.

    export_block.py my_blocks.py:MyBlock --set in_channels=64 --set out_channels=64 --out my_block

writes my_block.pt (TorchScript, any shape that the module takes) and my_block.pt2 (AOTInductor, compiled for
this shape, dtype and device). By hand, the .pt is three lines:

    module = MyBlock(64, 64).eval()
    torch.jit.script(module).save("my_block.pt")        # or torch.jit.trace(module, example)
    # study.json: "variants": {"mine": {"block": {"torchscript": "my_block.pt"}}}

A module with a method `switch_to_deploy` gets its deploy form too: in the .pt the method itself where it is
exported to TorchScript (@torch.jit.export), else a second module in the extra file "deploy.pt"; as a .pt2,
which has one form, NAME-deploy.pt2. What a .pt2 cannot tell (parameters, buffers, multiplications) goes into
its metadata.
"""

import argparse
import ast
import copy
import importlib
import importlib.util
import io
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode


def load_module(source: str, options: dict[str, Any]) -> nn.Module:
    """`file.py:attribute` or `package.module:attribute`: a class or function that makes one, or a module."""
    place, _, attribute = source.rpartition(":")
    if not place:
        raise SystemExit(f"{source}: file.py:ClassName or module:attribute is wanted")
    if place.endswith(".py"):
        spec = importlib.util.spec_from_file_location(Path(place).stem, place)
        assert spec and spec.loader
        found = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = found  # TorchScript asks for the source by this name
        spec.loader.exec_module(found)
    else:
        found = importlib.import_module(place)
    target = getattr(found, attribute)
    return target if isinstance(target, nn.Module) else target(**options)


class Multiplications(TorchDispatchMode):
    """Counts as `ablate` does (docs/measuring.md): each multiplication of one forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        out = func(*args, **(kwargs or {}))
        self.total += multiplications(func.overloadpacket.__name__, args, out)
        return out


def multiplications(name: str, args: Any, out: Any) -> int:
    if name == "convolution":
        weight, transposed = args[1], args[6]
        return (args[0] if transposed else out).numel() * (weight.numel() // weight.shape[0])
    if name in ("mm", "bmm"):
        return args[0].numel() * args[1].shape[-1]
    if name in ("addmm", "baddbmm"):
        return args[1].numel() * args[2].shape[-1]
    if name in ("mv", "dot"):
        return args[0].numel()
    if "batch_norm" in name or name in ("native_layer_norm", "native_group_norm"):
        return args[0].numel()
    return out.numel() if name in ("mul", "mul_") else 0


def elements(tensors: Any) -> int:
    return sum(tensor.numel() for tensor in tensors)


def counted(module: nn.Module, example: Tensor) -> dict[str, str]:
    """What `ablate` would count of the module, as a package's metadata."""
    with torch.no_grad(), Multiplications() as seen:
        out = module(example)
    params, buffers = list(module.parameters()), list(module.buffers())
    read = elements(params) + elements(buffer for buffer in buffers if buffer.is_floating_point())
    return {"ablate_params": str(elements(params)), "ablate_buffers": str(elements(buffers)),
            "ablate_macs": str(seen.total),
            "ablate_elements_moved": str(example.numel() + read + out.numel()),
            "ablate_counted_at": ",".join(map(str, example.shape)),
            "ablate_input": ",".join(map(str, example.shape)),
            "ablate_dtype": {torch.float32: "Float", torch.float64: "Double", torch.float16: "Half",
                             torch.bfloat16: "BFloat16"}[example.dtype]}


def as_script(module: nn.Module, example: Tensor, trace: bool) -> torch.jit.ScriptModule:
    return torch.jit.trace(module, example) if trace else torch.jit.script(module)


def save_script(module: nn.Module, example: Tensor, trace: bool, file: Path) -> None:
    scripted, extra = as_script(module, example, trace), {}
    if deployed := deployed_copy(module):
        if not hasattr(scripted, "switch_to_deploy"):
            memory = io.BytesIO()
            torch.jit.save(as_script(deployed, example, trace), memory)
            extra["deploy.pt"] = memory.getvalue()
    torch.jit.save(scripted, str(file), _extra_files=extra)


def deployed_copy(module: nn.Module) -> nn.Module | None:
    if not hasattr(module, "switch_to_deploy"):
        return None
    deployed = copy.deepcopy(module)
    deployed.switch_to_deploy()
    return deployed.eval()


def save_package(module: nn.Module, example: Tensor, file: Path) -> None:
    with torch.no_grad():
        program = torch.export.export(module, (example,))
        torch._inductor.aoti_compile_and_package(
            program, package_path=str(file),
            # `ablate` has LibTorch; which one, the package shall not say.
            inductor_configs={"aot_inductor.metadata": counted(module, example),
                              "aot_inductor.link_libtorch": False})


def pixels(text: str) -> tuple[int, int]:
    """"64" or "48,64"."""
    height, _, width = text.partition(",")
    return int(height), int(width or height)


def state_dict(file: Path) -> dict[str, Tensor]:
    if file.suffix != ".safetensors":
        return torch.load(file, weights_only=True)
    from safetensors.torch import load_file
    return load_file(file)


def options_of(settings: list[str]) -> dict[str, Any]:
    options = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            options[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            options[name] = value
    return options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", help="file.py:ClassName, or module:attribute")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="to the constructor")
    parser.add_argument("--out", type=Path, required=True, help="path of the files, without .pt and .pt2")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--resolution", type=pixels, default=(64, 64), help="a number, or HEIGHT,WIDTH")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "float64", "float16", "bfloat16"], default="float32")
    parser.add_argument("--seed", type=int, default=0, help="of the weights")
    parser.add_argument("--weights", type=Path, help="the module's state dict: .safetensors, or torch.save's")
    parser.add_argument("--trace", action="store_true", help="trace the module instead of scripting it")
    parser.add_argument("--only", choices=["pt", "pt2"], help="one kind of file")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    module = load_module(arguments.source, options_of(arguments.set))
    if arguments.weights:
        module.load_state_dict(state_dict(arguments.weights))
    module = module.to(arguments.device, getattr(torch, arguments.dtype)).eval()
    example = torch.randn(arguments.batch, arguments.channels, *arguments.resolution,
                          device=arguments.device, dtype=getattr(torch, arguments.dtype))
    if arguments.only != "pt2":
        save_script(module, example, arguments.trace, arguments.out.with_suffix(".pt"))
    if arguments.only != "pt":
        save_package(module, example, arguments.out.with_suffix(".pt2"))
        if deployed := deployed_copy(module):
            save_package(deployed, example, arguments.out.with_name(arguments.out.name + "-deploy.pt2"))


if __name__ == "__main__":
    main()
