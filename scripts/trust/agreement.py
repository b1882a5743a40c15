#!/usr/bin/env python3
"""How far the readings of one cell lie apart between runs: the largest ratio between any two of them.

For each cell of the form asked for, on each clock: the ratio to its group's baseline (trimmed mean of the paired
log-ratios) in every run, and the level itself (median). Cells that run nothing on a clock's device, views, are left
out and counted: their readings are those of two events. Runs are directories of `ablate run`.

example:
  for i in 1 2 3 4 5; do ablate run configs/notebook.json --out runs/again-$i; done
  python3 scripts/trust/agreement.py runs/again-*

Exit codes: 0, 2 wrong input.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any, Optional

Json = dict[str, Any]
CLOCKS = {"host": "latency_s", "device": "device_latency_s", "graph": "graph_latency_s"}


def read(run: Path) -> dict[str, Json]:
    lines = (run / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["cell"]: record for record in map(json.loads, lines) if record["status"] == "ok"}


def ratio(record: Json, records: dict[str, Json], key: str) -> Optional[float]:
    """To the baseline of the record's group, within rounds."""
    baseline = records.get(record.get("pairing", {}).get("baseline", ""))
    if not baseline or key not in record or key not in baseline or baseline is record:
        return None
    pairs = zip(record[key]["samples"], baseline[key]["samples"])
    logs = sorted(math.log(a / b) for a, b in pairs)
    trim = len(logs) // 5
    return math.exp(statistics.mean(logs[trim:len(logs) - trim]))


def spread(values: list[float]) -> float:
    return max(values) / min(values)


def name(record: Json) -> str:
    height, width = record["resolution"]
    return (f"{record['variant']} {record['device']} {record['batch']}x{record['in_channels']}->"
            f"{record['out_channels']}x{height}x{width}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--form", default="deploy", help="of the cells looked at (default: deploy)")
    arguments = parser.parse_args()
    try:
        runs = [read(run) for run in arguments.runs]
    except OSError as problem:
        print(f"{problem.filename}: {problem.strerror}; allowed: directories of runs", file=sys.stderr)
        return 2
    shared = [cell for cell in runs[0] if all(cell in run for run in runs)]
    print("| device | clock | cells | views | largest ratio, paired | at | above 1.02 | above 1.05 | levels | at |")
    print("|---|---|---:|---:|---:|---|---:|---:|---:|---|")
    for device in sorted({runs[0][cell]["device"] for cell in shared}):
        for clock, key in CLOCKS.items():
            paired: list[tuple[float, str]] = []
            levels: list[tuple[float, str]] = []
            views = 0
            for cell in shared:
                record = runs[0][cell]
                if record["device"] != device or record["form"] != arguments.form:
                    continue
                if any(key not in run[cell] for run in runs):
                    continue
                if clock != "host" and record.get("memory_bytes", {}).get("activations") == 0:
                    views += 1
                    continue
                levels.append((spread([run[cell][key]["median"] for run in runs]), name(record)))
                ratios = [ratio(run[cell], run, key) for run in runs]
                if all(value is not None for value in ratios):
                    paired.append((spread([value for value in ratios if value]), name(record)))
            if levels and paired:
                above = [sum(value > limit for value, _ in paired) for limit in (1.02, 1.05)]
                print(f"| {device} | {clock} | {len(levels)} | {views} | {max(paired)[0]:.4f} | {max(paired)[1]} "
                      f"| {above[0]} | {above[1]} | {max(levels)[0]:.4f} | {max(levels)[1]} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
