"""What the turns of both sides say of each cell: times by contender, clock and turn. No torch here."""

import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contenders import contender
from rounds import Trouble, read_json

Json = dict[str, Any]
CLOCKS = {"host": "latency_s", "device": "device_latency_s", "graph": "graph_latency_s",
          "launch": "launch_latency_s"}
BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True)
class Place:
    """A cell without its form: what all contenders do."""

    block: str
    batch: int
    channels: tuple[int, int]
    resolution: tuple[int, int]
    dtype: str
    cache: str

    @property
    def shape(self) -> str:
        (inside, outside), (height, width) = self.channels, self.resolution
        channels = str(inside) if inside == outside else f"{inside}→{outside}"
        sides = str(height) if height == width else f"{height}×{width}"
        return f"{self.batch}, {channels}, {sides}" + (f" {self.dtype}" if self.dtype != "float32" else "")

    @property
    def bytes(self) -> int:
        """Of the input and the output."""
        return self.batch * sum(self.channels) * math.prod(self.resolution) * BYTES[self.dtype]


def place_of(record: Json) -> Place:
    height, width = record["resolution"]
    return Place(record["variant"], record["batch"], (record["in_channels"], record["out_channels"]),
                 (height, width), record["dtype"], (record.get("protocol") or {}).get("cache", "hot"))


@dataclass
class Row:
    place: Place
    group: str
    # (contender, clock) → turn → seconds
    medians: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)  # contender → largest relative one
    reasons: dict[str, str] = field(default_factory=dict)  # contender → why it has no time
    macs: int = 0

    def seconds(self, name: str, clock: str) -> float | None:
        """Median over the turns."""
        turns = self.medians.get((name, clock))
        return statistics.median(turns.values()) if turns else None

    def ratio(self, name: str, base: str, clock: str) -> tuple[float, float, float] | None:
        """Of the medians over the turns that have both, and that of the lowest and of the highest turn."""
        above, below = self.medians.get((name, clock), {}), self.medians.get((base, clock), {})
        pairs = [(above[turn], below[turn]) for turn in above.keys() & below.keys()]
        if not pairs:
            return None
        each = [one / other for one, other in pairs]
        over, under = (statistics.median(side) for side in zip(*pairs))
        return over / under, min(each), max(each)

    def best(self, names: Iterable[str], clock: str) -> str | None:
        timed = {name: seconds for name in names if (seconds := self.seconds(name, clock)) is not None}
        return min(timed, key=lambda name: timed[name]) if timed else None


@dataclass
class Figures:
    rows: list[Row]
    turns: int
    environment: Json  # of `ablate`'s first turn
    software: str
    copy_byte_per_s: float  # the best of all turns
    mac_per_s: float
    disturbed: int  # records of `ablate` that something disturbed


def read_jsonl(file: Path) -> list[Json]:
    try:
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as problem:
        raise Trouble(f"{file}: {problem}; allowed: the records of a run") from problem


def take(row: Row, name: str, turn: int, record: Json) -> None:
    if record["status"] != "ok":
        row.reasons[name] = f"{record['status']}: {record.get('reason', 'no reason given')}"
        return
    for clock, key in CLOCKS.items():
        if key in record:
            row.medians.setdefault((name, clock), {})[turn] = record[key]["median"]
    row.macs = record.get("macs", row.macs)
    check = record.get("against_double") or record.get("equality") or {}
    error = check.get("max_rel")
    if error is not None:
        row.errors[name] = max(error, row.errors.get(name, 0.0))


def read_turns(work: Path, about: Json) -> Figures:
    """Of a work folder. `ablate`'s own records go by their form, the others by their contender."""
    rows: dict[Place, Row] = {}
    environments: list[Json] = []
    software, disturbed = "", 0
    turns = sorted(work.glob("turn-*"), key=lambda folder: int(folder.name.removeprefix("turn-")))
    for number, turn in enumerate(turns, 1):
        for run in sorted(folder.parent for folder in turn.glob("*/records.jsonl")):
            environment, records = read_json(run / "environment.json"), read_jsonl(run / "records.jsonl")
            if "contender" in environment:
                software = max(software, environment.get("software", ""), key=len)  # names compilers
            elif "peaks" in environment:
                environments.append(environment)
            for record in records:
                place = place_of(record)
                row = rows.setdefault(place, Row(place, "other"))
                row.group = about["groups"].get(record["cell"], row.group)
                disturbed += "disturbed" in record
                take(row, record.get("contender") or record["form"], number, record)
    if not environments:
        raise Trouble(f"{work}: no turn that both sides finished; allowed: the work folder of a run")
    peaks = [peak for environment in environments for peak in environment["peaks"].values()]
    return Figures(in_order(list(rows.values()), about), len(turns), environments[0], software,
                   max((peak["copy_byte_per_s"] for peak in peaks), default=0.0),
                   max((peak["fma_flop_per_s"] for peak in peaks), default=0.0) / 2, disturbed)


def in_order(rows: list[Row], about: Json) -> list[Row]:
    """As the study has them: by group, then block, each in the order of its first appearance."""
    groups = list(dict.fromkeys(about["groups"].values()))
    blocks = list(dict.fromkeys(row.place.block for row in rows))

    def rank(row: Row) -> tuple[int, int, bool]:
        group = groups.index(row.group) if row.group in groups else len(groups)
        return group, blocks.index(row.place.block), row.place.cache == "cold"

    return sorted(rows, key=rank)


def strict_ways(about: Json) -> list[str]:
    return [name for name in about["contenders"] if not contender(name).tf32]


def default_ways(about: Json) -> list[str]:
    return [name for name in about["contenders"] if contender(name).tf32]


def geometric_mean(values: list[float]) -> float | None:
    return math.exp(statistics.fmean(map(math.log, values))) if values else None
