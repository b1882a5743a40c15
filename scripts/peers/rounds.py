"""What a comparison's rounds say: the records of both sides, read back, and a verdict a cell.

No torch here: a table can be made anew from old rounds on any machine.
"""

import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SIDES = ("cpp", "python")
SLOWER, FASTER, SAME, UNDECIDED = "slower beyond noise", "faster beyond noise", "no difference", "undecided"
ENOUGH_ROUNDS = 5  # with fewer, even equal sides often keep their order in every round


class Trouble(Exception):
    """Something the user can mend."""


@dataclass
class Row:
    cell: Json
    cpp: list[float]     # median seconds, one a round
    python: list[float]

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.cpp, self.python)]

    @property
    def noise(self) -> float:
        """Typical change of one and the same side between successive rounds: 0.02 is 2 %."""
        steps = [abs(math.log(later / earlier)) for side in (self.cpp, self.python)
                 for earlier, later in zip(side, side[1:])]
        return math.expm1(statistics.median(steps)) if steps else 0.0

    @property
    def verdict(self) -> str:
        if len(self.cpp) < ENOUGH_ROUNDS:
            return UNDECIDED
        low, high = interval(self.ratios)
        if low > 1 + self.noise:
            return SLOWER
        return FASTER if high < 1 / (1 + self.noise) else SAME


def order(rounds: int) -> int:
    """k such that the k-th smallest and k-th largest of `rounds` values hold their median in 95 % of cases; 1
    where there are too few values for that."""
    k = 1
    while confidence(rounds, k + 1) >= 0.95:
        k += 1
    return k


def confidence(rounds: int, k: int) -> float:
    if 2 * k > rounds + 1:
        return 0.0
    return 1 - 2 * sum(math.comb(rounds, i) for i in range(k)) / 2**rounds


def interval(values: list[float]) -> tuple[float, float]:
    k = order(len(values))
    ordered = sorted(values)
    return ordered[k - 1], ordered[-k]


def read_records(directory: Path) -> dict[str, Json]:
    try:
        lines = (directory / "records.jsonl").read_text(encoding="utf-8").splitlines()
        return {record["cell"]: record for record in map(json.loads, lines)}
    except (OSError, ValueError, KeyError) as problem:
        raise Trouble(f"{directory}/records.jsonl: {problem}; allowed: the records of a run") from problem


def read_json(file: Path) -> Json:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Trouble(f"{file}: {problem}; allowed: what a comparison wrote") from problem


def collect(out: Path, form: str) -> tuple[list[Row], list[str], int]:
    """A row for each timed cell of that form, why others have none, and the number of whole rounds."""
    cells = [cell for cell in read_json(out / "plan.json")["cells"]
             if cell.get("protocol") and form in ("all", cell["form"])]
    rounds: list[dict[str, dict[str, Json]]] = []
    while all((out / f"{side}-{len(rounds) + 1}" / "records.jsonl").exists() for side in SIDES):
        records = {side: read_records(out / f"{side}-{len(rounds) + 1}") for side in SIDES}
        if any(cell["cell"] not in records[side] for cell in cells for side in SIDES):
            break
        rounds.append(records)
    if not rounds:
        raise Trouble(f"{out}: no round that both sides finished; allowed: a finished comparison")

    rows, left_out = [], []
    for cell in cells:
        mine = {side: [records[side][cell["cell"]] for records in rounds] for side in SIDES}
        problem = why_not(mine)
        if problem:
            left_out.append(problem)
        else:
            rows.append(Row(cell, *([r["latency_s"]["median"] for r in mine[side]] for side in SIDES)))
    return rows, left_out, len(rounds)


def why_not(records: dict[str, list[Json]]) -> str | None:
    for side in SIDES:
        for record in records[side]:
            if record["status"] != "ok":
                return f"{side}: {record['status']}, {record.get('reason', 'no reason given')}"
            if "latency_s" not in record:
                return f"{side}: not timed"
    params = records["cpp"][0].get("params"), records["python"][0]["counted"]["params"]
    if params[0] is not None and params[0] != params[1]:
        return f"not the same block: {params[0]} parameters in C++, {params[1]} in Python"
    return None


def environment_notes(out: Path) -> tuple[dict[str, Json], list[str]]:
    """Both environments, and a line for each fact that should be one and is two."""
    sides = {side: read_json(out / f"{side}-1" / "environment.json") for side in SIDES}
    notes = []
    for name in ("cpu", "cores", "threads", "gpu", "driver", "libtorch", "tf32", "cudnn_benchmark"):
        cpp, python = (str(sides[side].get(name, "")) for side in SIDES)
        if name == "libtorch":
            cpp, python = cpp.split("+")[0], python.split("+")[0]
        if cpp != python and cpp and python:
            notes.append(f"Not alike: {name} is {cpp} in C++, {python} in Python.")
    return sides, notes
