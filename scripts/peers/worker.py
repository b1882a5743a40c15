#!/usr/bin/env python3
"""Holds cells of one contender, compiled once, and times one whenever it is asked. fused.py starts it.

Reads requests from standard input, one JSON object a line, and answers each with one:

  {"ask": "about"}                  what environment.json of a run holds
  {"ask": "prepare", "cell": {…}}   {"seconds": 2.1, "max_rel": 3e-7}, or {"seconds": 2.1, "reason": "…"}
  {"ask": "time", "cell": {…}}      what a record says beyond its cell

Cells are those of `ablate plan --format json`. What libraries print goes to standard error. It ends with its
input.
"""

import argparse
import gc
import json
import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TextIO

import torch

from clocks import CudaClocks, host_samples, level_2_flush
from contenders import Contender, contender
from machine import described, environment, keep_freed_memory
from prepare import Ready, configure, prepare
from samples import summarise

Json = dict[str, Any]


def shape_of(cell: Json) -> str:
    """The same for cells that differ in protocol alone, and so are compiled once."""
    return json.dumps([cell[name] for name in ("block", "options", "device", "dtype", "batch", "resolution")])


def why_skipped(cell: Json) -> str | None:
    if cell["device"].startswith("cuda") and not torch.cuda.is_available():
        return "no CUDA device"
    protocol = cell.get("protocol") or {}
    if "repeat_runs" not in protocol:
        return "the peers know the fixed protocol alone"
    if protocol.get("cache") == "cold" and cell["device"] == "cpu":
        return "the peers have no cold clock on the CPU"
    return None


def in_a_line(problem: Exception) -> str:
    first = str(problem).strip().splitlines()[:1]
    return f"{type(problem).__name__}: {' '.join(first)}"[:300]


class Worker:
    def __init__(self, way: Contender):
        self.way = way
        self.ready: dict[str, Ready] = {}
        self.failed: dict[str, str] = {}
        self.clocks: dict[str, CudaClocks] = {}

    def prepare(self, cell: Json) -> Json:
        shape, begin = shape_of(cell), time.perf_counter()
        if shape not in self.ready and shape not in self.failed:
            try:
                self.ready[shape] = prepare(cell, self.way)
                gc.collect()
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()  # other contenders share the device
                gc.freeze()  # or each later collection would walk through all that compiling left
            except Exception as problem:  # a compiler fails in ways of its own
                self.failed[shape] = in_a_line(problem)
        answer: Json = {"seconds": time.perf_counter() - begin}
        if shape in self.failed:
            return {**answer, "reason": self.failed[shape]}
        return {**answer, "max_rel": self.ready[shape].max_rel}

    def time(self, cell: Json) -> Json:
        skipped = why_skipped(cell)
        if skipped:
            return {"status": "skipped", "reason": skipped}
        reason = self.prepare(cell).get("reason")
        if reason:
            return {"status": "failed", "reason": reason}
        gc.disable()
        try:
            return self._measure(cell, self.ready[shape_of(cell)])
        except Exception as problem:
            return {"status": "failed", "reason": in_a_line(problem)}
        finally:
            gc.enable()

    def _measure(self, cell: Json, ready: Ready) -> Json:
        protocol = cell["protocol"]
        cold, cuda = protocol.get("cache") == "cold", ready.device.type == "cuda"
        wait = torch.cuda.synchronize if cuda else None
        flush = level_2_flush(ready.device) if cuda and cold else None
        host_samples(ready.call, protocol["warmup_runs"], wait, flush)
        host = host_samples(ready.call, protocol["repeat_runs"], wait, flush)
        result: Json = {"status": "ok", "latency_s": summarise(host),
                        "against_double": {"max_abs": ready.max_abs, "max_rel": ready.max_rel}}
        if not cuda:
            return result
        if cell["cell"] not in self.clocks:
            self.clocks[cell["cell"]] = CudaClocks(ready.call, flush)
        result.update(self.clocks[cell["cell"]].samples(of_graph=not self.way.own_graphs))
        device = result.get("device_latency_s")
        if device and result["latency_s"]["median"] >= 1.5 * device["median"]:
            result["launch_bound"] = result["latency_s"]["median"] / device["median"]
        return result


def about(way: Contender, allocator: str) -> Json:
    settings = f"{way.settings}, CPU capability {torch.backends.cpu.get_cpu_capability()}"
    software = f"PyTorch {torch.__version__}"
    if way.mode is not None and torch.cuda.is_available():
        software += f", Triton {installed('triton')}"
    facts = environment(way.tf32, allocator, way.name, settings)
    return described(facts, contender=way.name, software=software)


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def serve(worker: Worker, allocator: str, requests: TextIO, answers: TextIO) -> None:
    for line in requests:
        request = json.loads(line)
        match request["ask"]:
            case "about":
                answer = about(worker.way, allocator)
            case "prepare":
                answer = worker.prepare(request["cell"])
            case "time":
                answer = worker.time(request["cell"])
            case other:
                answer = {"reason": f"ask: {other}; allowed: about, prepare, time"}
        print(json.dumps(answer), file=answers, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contender", help="a way of contenders.py, such as compile or eager+tf32")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of an operation (default: torch's)")
    parser.add_argument("--narrow", action="store_true", help="have inductor use 256-bit vectors")
    arguments = parser.parse_args()
    try:
        way = contender(arguments.contender)
    except ValueError as problem:
        parser.error(str(problem))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a compiler's chatter must not stand among the answers
    allocator = keep_freed_memory()
    configure(way, arguments.threads, arguments.narrow)
    with torch.inference_mode():
        serve(Worker(way), allocator, sys.stdin, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
