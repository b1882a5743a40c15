"""Runs both sides in turns, and leaves a run folder a side and turn: turn-3/fused/, turn-3/compile/, …"""

import json
import os
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contenders import contender
from peer_study import with_form
from processes import Lost, Worker, call
from rounds import read_json

Json = dict[str, Any]


@dataclass
class Plan:
    """What is measured, and by whom."""

    study: Json
    form: str
    cells: list[Json]               # of that form, as `ablate plan` gives them
    contenders: dict[str, list[str]]  # name → ids of its cells
    turns: int
    seed: int
    whole: bool  # a turn of `ablate` takes all blocks at once


@dataclass
class Machine:
    """How both sides are started."""

    ablate: str
    python: str
    threads: int | None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    narrow: bool = False
    patience_s: float = 180
    compile_budget_s: float = 600
    jobs: int = 1

    def thread_options(self) -> list[str]:
        return ["--threads", str(self.threads)] if self.threads else []


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_+.-]+", "-", name)


class Side:
    """A contender's worker with the cells it has to time."""

    def __init__(self, name: str, plan: Plan, machine: Machine, work: Path):
        self.name, self.plan = name, plan
        own = set(plan.contenders[name])
        self.cells = [cell for cell in plan.cells if cell["cell"] in own]
        self.excuses: dict[str, str] = {}
        script = str(Path(__file__).resolve().parent / "worker.py")
        command = [machine.python, script, name, *machine.thread_options(), *["--narrow"] * machine.narrow]
        log = work / "logs" / f"{slug(name)}.log"
        # Inductor's compilers are processes, by default as many as cores for each worker.
        cores = len(os.sched_getaffinity(0))
        compilers = cores if contender(name).tunes else max(1, cores // machine.jobs)
        environment = {"TORCHINDUCTOR_COMPILE_THREADS": str(compilers), **machine.environment}
        self.worker = Worker(command, log, environment, machine.patience_s)
        self.about: Json = {}
        self.prepare_s = 0.0

    def prepare(self, until: float) -> None:
        """Compiles its cells as far as time allows; what is not ready by then has an excuse for a time."""
        begin = time.monotonic()
        try:
            self.about = self.worker.ask("about")
            for cell in self.cells:
                if time.monotonic() > until:
                    self.excuses[cell["cell"]] = "not compiled: the time for compiling was over"
                else:
                    self.worker.ask("prepare", cell=cell)
        except Lost as lost:
            say(f"{self.name}: {lost}")
        self.prepare_s = time.monotonic() - begin
        late = f", {len(self.excuses)} left out for time" if self.excuses else ""
        say(f"{self.name}: {len(self.cells)} cells after {self.prepare_s:.0f} s{late}")

    def outcome(self, cell: Json) -> Json:
        if cell["cell"] in self.excuses:
            return {"status": "failed", "reason": self.excuses[cell["cell"]]}
        try:
            return self.worker.ask("time", cell=cell)
        except Lost as lost:
            return {"status": "failed", "reason": str(lost)}

    def turn(self, folder: Path, variant: str | None) -> None:
        """Times its cells of `variant` (None: all) and appends their records to the run in `folder`."""
        if not folder.exists():
            self._begin(folder)
        seal = read_json(folder / "environment.json")["hash"]
        with open(folder / "records.jsonl", "a", encoding="utf-8") as records:
            for cell in self.cells:
                if variant not in (None, cell["variant"]):
                    continue
                begin, outcome = time.monotonic(), self.outcome(cell)
                said = {key: value for key, value in cell.items() if value is not None}
                record = {"schema": 1, "study": self.plan.study["study"], **said,
                          "tf32": contender(self.name).tf32, "contender": self.name, **outcome,
                          "environment": seal, "overhead_s": time.monotonic() - begin - sampled_s(outcome)}
                records.write(json.dumps(record) + "\n")

    def _begin(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        files = {"environment.json": self.about or {"hash": ""},
                 "study.json": with_form(self.plan.study, self.plan.form)}
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def sampled_s(outcome: Json) -> float:
    """Seconds in samples; none of them overhead."""
    return sum(sum(outcome[clock]["samples"]) * outcome[clock].get("calls", 1)
               for clock in ("latency_s", "device_latency_s", "graph_latency_s") if clock in outcome)


def prepare_all(sides: list[Side], machine: Machine) -> None:
    """Those that only compile, `jobs` at a time; then, one by one, those that choose kernels by timing."""
    until = time.monotonic() + machine.compile_budget_s
    tuning = [side for side in sides if contender(side.name).tunes]
    with ThreadPoolExecutor(machine.jobs) as pool:
        list(pool.map(lambda side: side.prepare(until), [side for side in sides if side not in tuning]))
    for side in tuning:
        side.prepare(until)


def run_turns(plan: Plan, machine: Machine, work: Path) -> Json:
    """Everything. Returns what is worth knowing of how it went."""
    sides = [Side(name, plan, machine, work) for name in plan.contenders]
    begin = time.monotonic()
    try:
        prepare_all(sides, machine)
        prepared = time.monotonic()
        shuffled = random.Random(plan.seed)
        variants: list[str | None] = [None]
        if not plan.whole:
            variants = list(dict.fromkeys(cell["variant"] for cell in plan.cells))
        for number in range(1, plan.turns + 1):
            for variant in variants:
                order: list[Side | None] = [None, *sides]
                shuffled.shuffle(order)
                for side in order:
                    one_turn(side, variant, machine, work, work / f"turn-{number}")
            say(f"turn {number} of {plan.turns} done, {time.monotonic() - begin:.0f} s")
    finally:
        for side in sides:
            side.worker.close()
    return {"prepare_s": {side.name: round(side.prepare_s, 1) for side in sides},
            "turns_s": round(time.monotonic() - prepared, 1)}


def one_turn(side: Side | None, variant: str | None, machine: Machine, work: Path, turn: Path) -> None:
    """Of a contender, or of `ablate` where there is none: a process of its own with its own protocol."""
    if side is not None:
        side.turn(turn / slug(side.name), variant)
        return
    turn.mkdir(exist_ok=True)
    name = "ablate" if variant is None else f"ablate-{slug(variant)}"
    picked = [] if variant is None else ["--variant", variant]
    command = [machine.ablate, "run", str(work / "study.json"), *picked, *machine.thread_options(),
               "--out", str(turn / name)]
    call(command, work / "logs" / f"{turn.name}-{name}.log", (0, 1, 3), machine.environment)
