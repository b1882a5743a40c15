#!/usr/bin/env python3
"""Times a study's blocks in C++ and in eager Python, in turns, and says where C++ is slower beyond noise.

Both sides run the same plan in processes of their own; the order alternates (C++, Python, Python, C++, …), so
that a drift of the machine's clock falls on both. A round's figure for a cell is the median of its samples;
nothing of Python's start-up is inside a timing.

Over the rounds each cell gets the median ratio C++/Python, an interval for it (order statistics, as of a
sign test: at least 95 % from six rounds on, the whole spread with fewer) and the noise of the machine: how
much one and the same side typically changes from one round to the next. `slower beyond noise` stands only
where the whole interval lies above 1 by more than that noise. Below five rounds there are no verdicts.

A whole run of the notebook's study takes 10 to 20 s on a GPU; for turns closer together, compare section by
section, each into a directory of its own.

example:
  scripts/peers/compare.py configs/notebook.json --ablate build/release/ablate --rounds 6 \\
      --section gpu --section cpu --section channels --section resolution --out runs/eager

Writes plan.json, cpp-N/ and python-N/ (records of each round), eager.md and eager.json.
Exit codes: 0 nothing slower beyond noise, 1 some cell is, 2 wrong input, or a side that could not run.
"""

import argparse
import json
import math
import shutil
import statistics
import sys
from collections import Counter
from pathlib import Path

from processes import call
from rounds import (ENOUGH_ROUNDS, FASTER, SAME, SIDES, SLOWER, UNDECIDED, Json, Row, Trouble, collect,
                    confidence, environment_notes, interval, order, read_json)


def selection(arguments: argparse.Namespace) -> list[str]:
    names = ("section", "variant", "device", "protocol", "set")
    return [word for name in names for value in getattr(arguments, name) for word in (f"--{name}", value)]


def run_rounds(arguments: argparse.Namespace) -> None:
    out = arguments.out
    if out.exists() and any(out.iterdir()):
        raise Trouble(f"{out}: not empty; allowed: a new directory, or --table-only")
    out.mkdir(parents=True, exist_ok=True)
    ablate, picked = arguments.ablate, selection(arguments)
    threads = ["--threads", str(arguments.threads)] if arguments.threads else []
    plan = call([ablate, "plan", arguments.study, "--format", "json", *picked], out / "plan.log", (0,))
    (out / "plan.json").write_text(plan, encoding="utf-8")

    eager = str(Path(__file__).resolve().parent / "eager.py")
    commands = {"cpp": [ablate, "run", arguments.study, *picked, *threads],
                "python": [arguments.python, eager, str(out / "plan.json"), *threads]}
    for number in range(1, arguments.rounds + 1):
        for side in SIDES if number % 2 else reversed(SIDES):
            print(f"round {number} of {arguments.rounds}: {side}", file=sys.stderr, flush=True)
            directory = out / f"{side}-{number}"
            call([*commands[side], "--out", str(directory)], out / f"{side}-{number}.log", (0, 1, 3))
        study = out / f"cpp-{number}" / "study.json"
        if study.exists():  # the Python side's records can then be reported and compared like any run's
            shutil.copy(study, out / f"python-{number}")


def shape(cell: Json) -> Json:
    inside, outside = cell["in_channels"], cell["out_channels"]
    sides = cell["resolution"]
    return {"variant": cell["variant"], "form": cell["form"], "dtype": cell["dtype"], "batch": cell["batch"],
            "channels": inside if inside == outside else f"{inside}→{outside}",
            "resolution": sides if isinstance(sides, int) else "×".join(map(str, sides))}


def table(rows: list[Row]) -> list[str]:
    """Markdown of one device's cells, in one unit; what all rows share stands above."""
    shapes = [shape(row.cell) for row in rows]
    shared = {name: value for name, value in shapes[0].items() if all(s[name] == value for s in shapes)}
    varying = [name for name in shapes[0] if name not in shared]
    middle = statistics.median(statistics.median(row.python) for row in rows)
    unit, factor = ("µs", 1e6) if middle < 1e-3 else ("ms", 1e3)
    heads = [*varying, f"C++ ({unit})", f"Python ({unit})", "C++/Python", "interval", "noise", ""]
    lines = [", ".join(f"{name} {value}" for name, value in shared.items()), ""] if shared else []
    lines += ["| " + " | ".join(heads) + " |",
              "|" + "|".join(["---"] * len(varying) + ["---:"] * 5 + ["---"]) + "|"]
    for row, facts in zip(rows, shapes):
        low, high = interval(row.ratios)
        times = [figure(statistics.median(side) * factor) for side in (row.cpp, row.python)]
        cells = [*(str(facts[name]) for name in varying), *times, f"{statistics.median(row.ratios):.3f}",
                 f"{low:.3f}–{high:.3f}", f"{row.noise:.1%}", row.verdict]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def figure(value: float) -> str:
    """Four digits that count, none of them in an exponent."""
    return f"{value:.{max(0, 3 - math.floor(math.log10(value)))}f}"


def markdown(plan: Json, rows: list[Row], left_out: list[str], rounds: int, sides: dict[str, Json],
             notes: list[str]) -> str:
    verdicts = Counter(row.verdict for row in rows)
    above = sum(interval(row.ratios)[0] > 1 for row in rows if row.verdict == SAME)
    held = confidence(rounds, order(rounds))
    cpp = sides["cpp"]
    lines = [f"# C++ against eager Python: {plan['study']}", "",
             "Median host latency of a call; medians over the rounds. A ratio below 1: C++ is faster. "
             "How it is measured: `scripts/peers/compare.py --help`.", "",
             f"- {cpp.get('cpu', '')}, {cpp.get('threads', '?')} threads, {cpp.get('gpu') or 'no GPU'}; "
             f"LibTorch {cpp.get('libtorch', '?')}, Python's torch {sides['python'].get('libtorch', '?')}",
             f"- {rounds} rounds, alternating; an interval holds the median ratio in {held:.1%} of cases: "
             f"of {len(rows)} equal cells about {len(rows) * (1 - held) / 2:.1f} would lie above 1 by chance",
             f"- {len(rows)} cells: " + ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in
                                                  (SLOWER, SAME, FASTER, UNDECIDED) if verdicts[verdict])]
    if rows:
        noises = [row.noise for row in rows]
        lines.append(f"- noise: {statistics.median(noises):.1%} in the middle cell, {max(noises):.1%} in the "
                     "worst; what is smaller is not told from nothing")
    if rounds < ENOUGH_ROUNDS:
        lines.append(f"- no verdicts: they take {ENOUGH_ROUNDS} rounds")
    if above:
        lines.append(f"- {above} without difference have an interval above 1, but by less than the noise")
    lines += [f"- {note}" for note in notes]
    for why, count in Counter(left_out).items():
        lines.append(f"- not compared, {count} {'cell' if count == 1 else 'cells'}: {why}")
    for device in dict.fromkeys(row.cell["device"] for row in rows):
        lines += ["", f"## {device}", "", *table([row for row in rows if row.cell["device"] == device])]
    return "\n".join(lines) + "\n"


def as_json(plan: Json, rows: list[Row], left_out: list[str], rounds: int, sides: dict[str, Json]) -> Json:
    def entry(row: Row) -> Json:
        low, high = interval(row.ratios)
        return {**row.cell, "cpp_s": row.cpp, "python_s": row.python, "ratio": statistics.median(row.ratios),
                "ratio_low": low, "ratio_high": high, "noise": row.noise, "verdict": row.verdict}
    return {"schema": 1, "study": plan["study"], "rounds": rounds,
            "confidence": confidence(rounds, order(rounds)), "environments": sides,
            "cells": [entry(row) for row in rows], "not_compared": Counter(left_out)}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="the study file")
    parser.add_argument("--ablate", default="ablate", metavar="PATH", help="the program (default: on PATH)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new directory")
    parser.add_argument("--rounds", type=int, default=6, metavar="N", help="turns of each side (default: 6)")
    for name in ("section", "variant", "device", "protocol", "set"):
        parser.add_argument(f"--{name}", action="append", default=[], help="as of `ablate run`; repeatable")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of both sides (default: torch's)")
    parser.add_argument("--form", default="deploy", choices=("train", "deploy", "all"),
                        help="which cells the table shows (default: deploy)")
    parser.add_argument("--python", default=sys.executable, metavar="PATH",
                        help="an interpreter that has torch (default: this one)")
    parser.add_argument("--table-only", action="store_true", help="from the rounds DIR holds; run nothing")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: allowed: an integer, at least 1")
    return arguments


def main() -> int:
    arguments = parse()
    out = arguments.out
    try:
        if not arguments.table_only:
            run_rounds(arguments)
        rows, left_out, rounds = collect(out, arguments.form)
        plan, (sides, notes) = read_json(out / "plan.json"), environment_notes(out)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped; --table-only makes the table of the whole rounds in {out}", file=sys.stderr)
        return 2
    text = markdown(plan, rows, left_out, rounds, sides, notes)
    (out / "eager.md").write_text(text, encoding="utf-8")
    (out / "eager.json").write_text(json.dumps(as_json(plan, rows, left_out, rounds, sides), indent=1) + "\n",
                                    encoding="utf-8")
    print(text)
    return 1 if any(row.verdict == SLOWER for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
