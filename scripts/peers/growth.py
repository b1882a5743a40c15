#!/usr/bin/env python3
"""How time grows with channels, resolution and batch: slopes on log axes, from the records of a run.

A line is all cells of a run that differ in one axis alone: channels, pixels (height × width), or batch. Its
slope is that of log time against log size, by least squares over the cells beyond the launch floor: those
that take at least --beyond times the line's shortest. 1 is growth in proportion. A second slope is taken
against the multiplications, which grow faster than channels where a 1 × 1 convolution mixes them.

example:
  python3 scripts/peers/growth.py runs/grid --form fused --clock graph

Exit codes: 0 no slope against the work is above --most, 1 one is, 2 wrong input.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare import figure
from peer_figures import CLOCKS, read_jsonl
from peer_tables import lines_of
from rounds import Trouble

Json = dict[str, Any]
AXES = ("channels", "pixels", "batch")
FEWEST = 3  # points of a slope


@dataclass
class Point:
    size: int
    macs: int
    seconds: float


@dataclass
class Line:
    variant: str
    device: str
    axis: str
    at: str  # what its cells share
    points: list[Point]

    def beyond(self, times: float) -> list[Point]:
        floor = min(point.seconds for point in self.points)
        return [point for point in self.points if point.seconds >= times * floor]


def slope(pairs: list[tuple[float, float]]) -> float | None:
    """Of log y against log x, by least squares. None for too few points, or where all stand at one x."""
    if len(pairs) < FEWEST:
        return None
    xs, ys = zip(*((math.log(x), math.log(y)) for x, y in pairs))
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - middle_x) ** 2 for x in xs)
    return sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys)) / across if across else None


def sizes(record: Json) -> dict[str, int]:
    return {"channels": record["in_channels"], "pixels": math.prod(record["resolution"]),
            "batch": record["batch"]}


def lines_in(records: list[Json], form: str, clock: str) -> list[Line]:
    """Of the cells that were timed; channels only where in and out are one number."""
    lines: dict[tuple[str, ...], Line] = {}
    for record in records:
        timed = record.get(CLOCKS[clock]) or record.get("latency_s")
        if record["form"] != form or not timed or record["in_channels"] != record["out_channels"]:
            continue
        own = sizes(record)
        kept = [record["variant"], record["device"], record["dtype"],
                json.dumps([record["options"].get("kernel_size"), record.get("protocol")])]
        for axis in AXES:
            others = {name: value for name, value in own.items() if name != axis}
            at = ", ".join(f"{name} {value}" for name, value in others.items())
            line = lines.setdefault((*kept, axis, at),
                                    Line(record["variant"], record["device"], axis, at, []))
            line.points.append(Point(own[axis], record.get("macs", 0), timed["median"]))
    found = [line for line in lines.values() if len({point.size for point in line.points}) >= FEWEST]
    for line in found:
        line.points.sort(key=lambda point: point.size)
    return sorted(found, key=lambda line: (line.device, AXES.index(line.axis), line.variant, line.at))


def table(lines: list[Line], beyond: float) -> tuple[list[str], float]:
    """Markdown, and the steepest slope against the work."""
    body, steepest = [], 0.0
    for line in lines:
        points = line.beyond(beyond)
        against_size = slope([(point.size, point.seconds) for point in points])
        against_work = slope([(point.macs, point.seconds) for point in points if point.macs])
        steepest = max(steepest, against_work or 0.0)
        first, last = line.points[0], line.points[-1]
        body.append([line.device, line.variant, line.axis, line.at, f"{first.size}–{last.size}",
                     *(figure(point.seconds * 1e6) for point in (first, last)),
                     f"{len(points)} of {len(line.points)}",
                     *("—" if value is None else f"{value:.2f}" for value in (against_size, against_work))])
    heads = ["device", "variant", "axis", "at", "from–to", "first (µs)", "last (µs)", "beyond the floor",
             "slope", "slope against MACs"]
    return lines_of(heads, body, 5), steepest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="directory of a run of `ablate`")
    parser.add_argument("--form", default="fused", help="(default: fused)")
    parser.add_argument("--clock", default="graph", choices=CLOCKS,
                        help="(default: graph; on the CPU all mean the host)")
    parser.add_argument("--beyond", type=float, default=2, metavar="TIMES", help="(default: 2)")
    parser.add_argument("--most", type=float, default=1.05, metavar="SLOPE", help="(default: 1.05)")
    arguments = parser.parse_args()
    try:
        # Of two lines for one cell the later one counts.
        records = {record["cell"]: record for record in read_jsonl(arguments.run / "records.jsonl")}
        timed = [record for record in records.values() if record["status"] == "ok"]
        lines = lines_in(timed, arguments.form, arguments.clock)
        if not lines:
            raise Trouble(f"{arguments.run}: no three timed {arguments.form} cells along an axis; "
                          "allowed: the run of a grid")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 2
    text, steepest = table(lines, arguments.beyond)
    print("\n".join(text))
    return 1 if steepest > arguments.most else 0


if __name__ == "__main__":
    sys.exit(main())
