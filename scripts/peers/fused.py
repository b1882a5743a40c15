#!/usr/bin/env python3
"""Sets the fused form beside PyTorch's ways to run the same blocks: both sides in turns, and one table.

A turn measures every contender, in an order shuffled by --seed, block by block: `ablate run` in a process
of its own, and each of PyTorch's ways in a worker that holds its cells compiled. Both sides keep `ablate`'s
fixed protocol on the same clocks (docs/peers.md). A turn's figure for a cell is the median of its samples; a
ratio is that of the medians over the turns, and its spread goes from the lowest to the highest turn.

example:
  python3 scripts/peers/fused.py --ablate build/release/ablate --threads 2 --out docs/results/fused-cpu.md

Writes the table, a .json beside it, and in --work a run folder a turn and contender, which `ablate report`
and `ablate compare` read.
Exit codes: 0 the table is written, 2 wrong input, or a side that could not run.
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from contenders import EVERYWHERE, FOR_THE_BEST, contender
from peer_figures import read_turns
from peer_study import groups_of_cells, study_for
from peer_tables import as_json, markdown
from processes import call
from rounds import Trouble, read_json
from turns import Machine, Plan, run_turns, say

Json = dict[str, Any]
HERE = Path(__file__).resolve().parent
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


def words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def parser_of() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="FILE.md", help="the table; its .json goes beside it")
    add("--work", type=Path, metavar="DIR", help="a new directory for the runs (default: runs/peers-NAME)")
    add("--ablate", default="ablate", metavar="PATH", help="the program (default: on PATH)")
    add("--python", default=sys.executable, metavar="PATH",
        help="an interpreter with torch (default: this one)")
    add("--device", default="cpu", help="cpu, cuda or cuda:N")
    add("--form", default="fused", help="ours, beside deploy (default: fused)")
    add("--cells", type=Path, default=HERE.parents[1] / "configs" / "peers.json", metavar="STUDY",
        help="a study whose sections list the cells (default: configs/peers.json)")
    add("--group", action="append", default=[],
        help="sections of this group alone (main, ordinary, pairs); repeatable")
    add("--best-in", type=words, default=["main"], metavar="GROUPS",
        help="groups in which all contenders take part; elsewhere eager and compile do (default: main)")
    add("--contenders", type=words, metavar="NAMES",
        help="in every group, these and no others: eager,compile+tf32,…")
    add("--cold", type=words, default=["main"], metavar="GROUPS",
        help="CUDA: groups measured with a cold level-2 cache too (default: main)")
    add_measuring(parser)
    return parser


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """How it is measured, rather than what."""
    add = parser.add_argument
    add("--turns", type=int, default=5, metavar="N", help="(default: 5)")
    add("--seed", type=int, default=0, metavar="N", help="of the order within turns")
    add("--whole", action="store_true",
        help="a turn goes through all blocks at once: fewer starts of the program")
    add("--threads", type=int, metavar="N", help="threads of both sides (default: torch's)")
    add("--avx2", action="store_true", help="CPU: hold both sides to AVX2")
    add("--jobs", type=int, metavar="N",
        help="contenders compiled side by side (default: cores, 4 at most)")
    add("--compile-budget", type=float, metavar="S",
        help="seconds for compiling; what is left has no time (default: 600, on CUDA 120)")
    add("--patience", type=float, default=180, metavar="S",
        help="seconds a worker may take to answer (default: 180)")
    add("--table-only", action="store_true", help="from the turns that --work holds; run nothing")


def parse() -> argparse.Namespace:
    parser = parser_of()
    arguments = parser.parse_args()
    kind = arguments.device.split(":")[0]
    if kind not in EVERYWHERE or (kind == "cpu" and kind != arguments.device):
        parser.error(f"--device: {arguments.device}; allowed: cpu, cuda, cuda:N")
    if arguments.turns < 1:
        parser.error("--turns: allowed: an integer, at least 1")
    beside = arguments.out.with_suffix(".json")
    if arguments.out.suffix != ".md" or beside.resolve() == arguments.cells.resolve():
        parser.error(f"--out: {arguments.out}; allowed: a file .md, whose .json is not the one of --cells")
    try:
        for name in arguments.contenders or []:
            contender(name)
    except ValueError as problem:
        parser.error(str(problem))
    arguments.work = arguments.work or Path("runs") / f"peers-{arguments.out.stem}"
    return arguments


def contenders_of(arguments: argparse.Namespace, cells: list[Json],
                  groups: dict[str, str]) -> dict[str, list[str]]:
    """Contender → its cells. TF32 is left to blocks with a 1 x 1 convolution: depthwise ones know none."""
    kind = arguments.device.split(":")[0]

    def takes(name: str, cell: Json) -> bool:
        mixes = cell["block"] == "FastSTMBlock" or cell["in_channels"] != cell["out_channels"]
        everywhere = arguments.contenders or EVERYWHERE[kind]
        return (mixes or not contender(name).tf32) and (name in everywhere
                                                        or groups[cell["cell"]] in arguments.best_in)

    names = arguments.contenders or [*EVERYWHERE[kind], *FOR_THE_BEST[kind]]
    found = {name: [cell["cell"] for cell in cells if takes(name, cell)] for name in names}
    return {name: own for name, own in found.items() if own}


def machine_of(arguments: argparse.Namespace) -> Machine:
    environment = dict(os.environ) | (AVX2 if arguments.avx2 else {})
    if arguments.threads:
        environment["OMP_NUM_THREADS"] = str(arguments.threads)
    budget = arguments.compile_budget or (600 if arguments.device == "cpu" else 120)
    jobs = arguments.jobs or min(4, len(os.sched_getaffinity(0)))
    return Machine(arguments.ablate, arguments.python, arguments.threads, environment, arguments.avx2,
                   arguments.patience, budget, jobs)


def plan_of(arguments: argparse.Namespace, environment: dict[str, str]) -> tuple[Plan, dict[str, str]]:
    """What to measure, and each cell's group. Writes study.json and plan.json into the work folder."""
    work = arguments.work
    forms = list(dict.fromkeys([arguments.form, "deploy"]))
    caches = {"": ["hot"]} | {group: ["hot", "cold"] for group in arguments.cold if arguments.device != "cpu"}
    study = study_for(arguments.cells, arguments.device, forms, caches, arguments.group)
    (work / "study.json").write_text(json.dumps(study, indent=2) + "\n", encoding="utf-8")
    text = call([arguments.ablate, "plan", str(work / "study.json"), "--format", "json"],
                work / "logs" / "plan.log", (0,), environment)
    cells = [cell for cell in json.loads(text)["cells"] if cell["form"] == arguments.form]
    groups = groups_of_cells(study, cells)
    plan = Plan(study, arguments.form, cells, contenders_of(arguments, cells, groups), arguments.turns,
                arguments.seed, arguments.whole)
    return plan, groups


def measure(arguments: argparse.Namespace) -> None:
    work = arguments.work
    (work / "logs").mkdir(parents=True)
    machine = machine_of(arguments)
    plan, groups = plan_of(arguments, machine.environment)
    about: Json = {
        "study": plan.study["study"], "form": plan.form, "device": arguments.device,
        "threads": arguments.threads, "avx2": arguments.avx2, "turns": plan.turns, "seed": plan.seed,
        "groups": groups,
        "contenders": list(plan.contenders), "command": shown_command()}
    write(work / "about.json", about)  # so that a run that is cut short has its table
    say(f"{len(plan.cells)} cells; PyTorch's ways: {', '.join(plan.contenders)}")
    write(work / "about.json", about | run_turns(plan, machine, work))


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def measured(arguments: argparse.Namespace) -> bool:
    """False where it was cut short; what was measured by then is worth its table."""
    signal.signal(signal.SIGTERM, stop)  # of a time limit, such as timeout's
    try:
        measure(arguments)
        return True
    except (Trouble, KeyboardInterrupt) as problem:
        say(str(problem) or "stopped; the table is of the turns that were measured")
        return False


def shown_command() -> list[str]:
    """Without the folders of one machine: what is told of a run is read on others."""
    words = (Path(word).name if word.startswith("/") else word for word in sys.argv[1:])
    return ["scripts/peers/fused.py", *words]


def write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    arguments = parse()
    work, stopped = arguments.work, False
    try:
        if not arguments.table_only:
            if work.exists() and any(work.iterdir()):
                raise Trouble(f"{work}: not empty; allowed: a new directory, or --table-only")
            stopped = not measured(arguments)
            if stopped and not (work / "about.json").exists():
                return 2
        about = read_json(work / "about.json")
        figures = read_turns(work, about)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 2
    text = markdown(figures, about)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    write(arguments.out.with_suffix(".json"), as_json(figures, about))
    print(text)
    return 2 if stopped else 0


if __name__ == "__main__":
    sys.exit(main())
