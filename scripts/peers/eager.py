#!/usr/bin/env python3
"""Times the cells of a plan in eager PyTorch; writes records.jsonl and environment.json as `ablate run` does.

The protocol is the cell's own: warm-up calls, then calls timed one by one, on CUDA with a synchronisation on
either side of the call; inference mode, evaluation mode, cuDNN autotuning off, TF32 only where the cell asks.
Python's garbage collector rests while samples are taken. Start-up and building the block are not inside the
clock.

example:
  ablate plan configs/notebook.json --device cpu --format json > plan.json
  python3 scripts/peers/eager.py plan.json --out runs/python-1

Exit codes: 0 all cells measured (or skipped, for want of a device), 2 wrong input, 3 some cells failed.
"""

import argparse
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from blocks import build
from machine import described, environment, keep_freed_memory
from samples import extent, summarise

SCHEMA = 1
DTYPES = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16,
          "bfloat16": torch.bfloat16}


def sample(module: torch.nn.Module, x: torch.Tensor, calls: int) -> list[float]:
    """Seconds of each of `calls` calls, as the host sees them.

    Each output takes the place of the one before, inside the clock: as the notebook and `ablate` have it.
    """
    cuda = x.is_cuda
    synchronise, clock = torch.cuda.synchronize, time.perf_counter_ns
    elapsed = []
    for _ in range(calls):
        if cuda:
            synchronise()
        start = clock()
        output = module(x)  # noqa: F841
        if cuda:
            synchronise()
        elapsed.append((clock() - start) / 1e9)
    return elapsed


def why_skipped(cell: dict[str, Any]) -> str | None:
    if cell["device"].startswith("cuda") and not torch.cuda.is_available():
        return "no CUDA device"
    if cell["form"] not in ("train", "deploy"):
        return f"the Python blocks have no {cell['form']} form"
    if (cell.get("protocol") or {}).get("kind") == "paired":
        return "the paired protocol is ablate's own; --protocol chooses a fixed one"
    return None


@torch.inference_mode()
def measure(cell: dict[str, Any]) -> dict[str, Any]:
    """Builds the cell's block and takes its samples. Exceptions are the caller's to record."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = bool(cell["tf32"])
    torch.manual_seed(cell["seed"])
    place = {"device": torch.device(cell["device"]), "dtype": DTYPES[cell["dtype"]]}
    with torch.inference_mode(False):
        module = build(cell["block"], cell["options"], cell["form"]).eval().to(**place)
    size = cell["batch"], cell["in_channels"], *extent(cell["resolution"])
    x = torch.randn(size, generator=torch.Generator().manual_seed(cell["seed"])).to(**place)

    # Not the record's own `params`: that comes with MACs and bytes, which are not counted here.
    result: dict[str, Any] = {"status": "ok",
                              "counted": {"params": sum(p.numel() for p in module.parameters()),
                                          "buffers": sum(b.numel() for b in module.buffers())}}
    protocol = cell.get("protocol")
    if protocol:
        gc.collect()
        gc.disable()
        try:
            warm = sample(module, x, protocol["warmup_runs"])
            timed = sample(module, x, protocol["repeat_runs"])
        finally:
            gc.enable()
        result["latency_s"] = summarise(timed)
        result["sampling_s"] = sum(warm) + sum(timed)
    return result


def record_of(cell: dict[str, Any]) -> dict[str, Any]:
    """What a record says beyond its cell; a cell that fails stops no other."""
    begin = time.perf_counter()
    skipped = why_skipped(cell)
    if skipped:
        result = {"status": "skipped", "reason": skipped}
    else:
        try:
            result = measure(cell)
        except (RuntimeError, ValueError, TypeError, KeyError) as problem:
            result = {"status": "failed", "reason": f"{type(problem).__name__}: {problem}".splitlines()[0]}
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
    result["overhead_s"] = time.perf_counter() - begin - result.pop("sampling_s", 0.0)
    return result


def run(plan: dict[str, Any], out: Path) -> int:
    facts = described(environment(any(cell["tf32"] for cell in plan["cells"]), keep_freed_memory()))
    seal = facts["hash"]
    (out / "environment.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    gc.collect()
    gc.freeze()  # torch's own objects, or each later collection would walk through them
    failed = 0
    with open(out / "records.jsonl", "w", encoding="utf-8") as records:
        for number, cell in enumerate(plan["cells"], 1):
            outcome = record_of(cell)
            said = {key: value for key, value in cell.items() if value is not None}
            record = {"schema": SCHEMA, "study": plan["study"], **said, **outcome, "environment": seal}
            records.write(json.dumps(record) + "\n")
            records.flush()
            failed += outcome["status"] == "failed"
            if outcome["status"] == "failed":
                print(f"{number}/{len(plan['cells'])} {cell['cell']}: {outcome['reason']}", file=sys.stderr)
    return 3 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path, help="what `ablate plan STUDY --format json` printed")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new directory")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of an operation (default: torch's)")
    arguments = parser.parse_args()
    if (arguments.out / "records.jsonl").exists():
        parser.error(f"{arguments.out} already holds records; allowed: a new directory")
    try:
        plan = json.loads(arguments.plan.read_text(encoding="utf-8"))
        plan["study"], plan["cells"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        parser.error(f"{arguments.plan}: {problem!r}; allowed: what `ablate plan STUDY --format json` prints")
    arguments.out.mkdir(parents=True, exist_ok=True)

    torch.backends.cudnn.benchmark = False
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    return run(plan, arguments.out)


if __name__ == "__main__":
    sys.exit(main())
