#!/usr/bin/env python3
"""Trained weights from Python, through `ablate deploy`, back into a deployed Python module.

For each case: a Python module gets random weights and batch norm statistics, its state dict is saved, the
program converts it, the result is loaded strictly into a deployed Python module, and both modules are given
the same input. Their outputs may differ by 1e-5 of the largest.

example:
  tests/python/deploy_roundtrip.py --ablate build/release/ablate
  tests/python/deploy_roundtrip.py --ablate build/release/ablate --modules my_blocks.py

Exit codes: 0 all equal, 1 a difference or a refusal, 77 torch is not installed (CTest: skipped).
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import torch
except ImportError:
    print("skipped: torch is not installed for", sys.executable)
    sys.exit(77)

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts" / "peers")]

import tensors  # noqa: E402
from blocks import BLOCKS, build  # noqa: E402

TOLERANCE = 1e-5


@dataclass
class Case:
    block: str
    told: dict[str, Any]  # options that the shapes of weights tell
    untold: dict[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        return {**self.told, **self.untold}

    def __str__(self) -> str:
        return self.block + "(" + ", ".join(f"{name}={value}" for name, value in self.options.items()) + ")"


def cases() -> Iterator[Case]:
    shapes = [dict(in_channels=8, out_channels=8), dict(in_channels=8, out_channels=12),
              dict(in_channels=12, out_channels=8, kernel_size=5, num_basis=4),
              dict(in_channels=16, out_channels=16, kernel_size=3, num_basis=3),
              dict(in_channels=6, out_channels=6, kernel_size=1)]
    for block in ("DWBlock", "STMBlock", "FastSTMBlock"):
        yield from (Case(block, shape) for shape in shapes)
    yield Case("RepConv", dict(in_channels=8, out_channels=8))
    yield Case("RepConv", dict(in_channels=8, out_channels=8, kernel_size=7, padding=3, groups=8))
    yield Case("RepConv", dict(in_channels=6, out_channels=6, kernel_size=1, padding=0))
    # Without an identity branch, nothing says how many groups, and so how many inputs, there are.
    yield Case("RepConv", dict(out_channels=10, kernel_size=3, padding=1), dict(in_channels=6, stride=2))
    yield Case("RepConv", dict(out_channels=12, kernel_size=5, padding=2),
               dict(in_channels=8, groups=4, use_activation=False))


@torch.no_grad()
def trained(case: Case, classes: dict[str, type]) -> torch.nn.Module:
    """As after training: fresh statistics (mean 0, variance 1) would let a wrong fusion pass."""
    module = build(case.block, case.options, classes=classes).eval()
    for child in module.modules():
        if isinstance(child, torch.nn.BatchNorm2d):
            child.running_mean.normal_(0, 0.5)
            child.running_var.uniform_(1e-2, 3)
            child.weight.normal_(1, 0.5)
            child.bias.normal_(0, 0.5)
            child.num_batches_tracked.fill_(1000)
    return module


def deploy(ablate: str, case: Case, said: dict[str, Any], weights: Path, out: Path) -> None:
    """Runs the program; raises RuntimeError with its own words where it does not end well."""
    command = [ablate, "deploy", "--block", case.block, "--weights", str(weights), "--out", str(out)]
    for name, value in said.items():
        command += ["--set", f"{name}={str(value).lower()}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")


@torch.no_grad()
def round_trip(ablate: str, case: Case, said: dict[str, Any], classes: dict[str, type],
               folder: Path) -> float:
    """Largest difference of the two modules' outputs, relative to the largest output."""
    before, after = folder / "trained.safetensors", folder / "deployed.safetensors"
    after.unlink(missing_ok=True)
    module = trained(case, classes)
    tensors.write(module.state_dict(), before)
    deploy(ablate, case, said, before, after)

    deployed = build(case.block, case.options, "deploy", classes).eval()
    state, _ = tensors.read(after)
    deployed.load_state_dict(state, strict=True)
    x = torch.randn(2, case.options["in_channels"], 9, 11)
    expected, actual = module(x), deployed(x)
    return ((actual - expected).abs().max() / expected.abs().max()).item()


def classes_from(file: Path) -> dict[str, type]:
    """The classes of a Python file whose names are those of our blocks."""
    spec = importlib.util.spec_from_file_location("modules_under_test", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: getattr(module, name) for name in BLOCKS if hasattr(module, name)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ablate", required=True, metavar="PATH", help="the program")
    parser.add_argument("--modules", type=Path, metavar="FILE",
                        help="a Python file whose RepConv, DWBlock, STMBlock, FastSTMBlock are used")
    arguments = parser.parse_args()
    classes = classes_from(arguments.modules) if arguments.modules else BLOCKS
    torch.manual_seed(0)

    tried = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            # What shapes tell is inferred; some cases are tried again with everything said.
            for said in [case.untold] + [case.options] * ("kernel_size" in case.told):
                tried += 1
                try:
                    error = round_trip(arguments.ablate, case, said, classes, Path(folder))
                    verdict = "equal" if error <= TOLERANCE else "DIFFERENT"
                    outcome = f"{verdict}, {error:.1e} of the largest output"
                except (RuntimeError, ValueError, OSError, subprocess.TimeoutExpired) as problem:
                    outcome = f"FAILED\n{problem}"
                failures += not outcome.startswith("equal")
                print(f"{case}, {len(said)} options said: {outcome}", flush=True)
    print(f"{tried - failures} of {tried} round trips equal within {TOLERANCE:g}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
