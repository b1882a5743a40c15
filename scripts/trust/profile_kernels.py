#!/usr/bin/env python3
"""Holds a run's graph latencies against what CUPTI says: the sum of a call's kernels, by torch.profiler.

Builds the same blocks in Python (scripts/peers/blocks.py), deployed where the cell is, profiles some calls, and adds up
the durations of all kernels and copies; for comparison also the time from the first kernel's begin to the last one's end
while a CUDA graph of the same calls is replayed. Prints a table.

example:
  ablate run configs/notebook.json --device cuda --out runs/gpu
  python3 scripts/trust/profile_kernels.py runs/gpu --cells 6

Exit codes: 0 within --tolerance on at least --enough cells, 1 on fewer, 2 wrong input.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

try:
    import torch
    from torch.profiler import ProfilerActivity, profile
    from blocks import build
except ImportError as problem:
    print(f"{problem}; allowed: an interpreter with torch", file=sys.stderr)
    sys.exit(2)

Json = dict[str, Any]
CALLS = 20


def kernels(work: Any) -> list[tuple[float, float]]:
    """Begin and end, in seconds, of everything that ran on the GPU during `work`."""
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        work()
        torch.cuda.synchronize()
    found = []
    for event in profiler.profiler.kineto_results.events():
        if event.device_type() == torch.autograd.DeviceType.CUDA and event.duration_ns() > 0:
            found.append((event.start_ns() * 1e-9, (event.start_ns() + event.duration_ns()) * 1e-9))
    return sorted(found)


@torch.inference_mode()
def profiled(cell: Json) -> tuple[float, float, int]:
    """Seconds a call: kernels added up, and first begin to last end inside a graph; kernels a call."""
    with torch.inference_mode(False):
        module = build(cell["block"], cell["options"], cell["form"]).eval().cuda()
    height, width = cell["resolution"]
    x = torch.randn(cell["batch"], cell["in_channels"], height, width, device="cuda")
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(5):
            module(x)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for _ in range(CALLS):
            module(x)
    for _ in range(3):
        graph.replay()
    torch.cuda.synchronize()
    sums, spans, counts = [], [], []
    for _ in range(7):
        events = kernels(graph.replay)
        sums.append(sum(end - begin for begin, end in events) / CALLS)
        spans.append((events[-1][1] - events[0][0]) / CALLS)
        counts.append(len(events) // CALLS)
    return statistics.median(sums), statistics.median(spans), counts[0]


def chosen(run: Path, count: int) -> list[Json]:
    """Deployed cells, evenly over the range of graph latencies."""
    records = map(json.loads, (run / "records.jsonl").read_text(encoding="utf-8").splitlines())
    cells = {record["cell"]: record for record in records
             if "graph_latency_s" in record and record["form"] == "deploy"
             and record["block"] in ("DWBlock", "STMBlock", "FastSTMBlock")}
    ordered = sorted(cells.values(), key=lambda record: record["graph_latency_s"]["median"])
    step = max(1, (len(ordered) - 1) // max(1, count - 1))
    return ordered[::-1][::step][:count]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--cells", type=int, default=6)
    parser.add_argument("--tolerance", type=float, default=0.05)
    parser.add_argument("--enough", type=int, default=3)
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    within = 0
    print("| cell | graph (µs) | kernels | kernels' sum (µs) | graph / sum | first to last (µs) | graph / that |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for cell in chosen(arguments.run, arguments.cells):
        total, span, count = profiled(cell)
        graph = cell["graph_latency_s"]["median"]
        within += abs(graph / total - 1) <= arguments.tolerance
        shape = f"{cell['batch']}x{cell['in_channels']}->{cell['out_channels']}x{cell['resolution'][0]}"
        print(f"| {cell['block']} {shape} | {graph * 1e6:.2f} | {count} | {total * 1e6:.2f} | {graph / total:.3f} "
              f"| {span * 1e6:.2f} | {graph / span:.3f} |")
    print(f"\n{within} within {arguments.tolerance:.0%} of the sum of their kernels")
    return 0 if within >= arguments.enough else 1


if __name__ == "__main__":
    sys.exit(main())
