"""The workers and the clocks of the peers.

    python tests/python/workers_test.py

Skipped where torch is not installed.
"""

import contextlib
import importlib.util
import inspect
import itertools
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "scripts" / "peers"
sys.path.insert(0, str(PEERS))

from processes import Lost, Worker  # noqa: E402

HAVE_TORCH = importlib.util.find_spec("torch") is not None


def cell(name: str, **changes: Any) -> dict[str, Any]:
    return {"cell": name, "variant": "STMBlock", "block": "STMBlock", "form": "fused", "device": "cpu",
            "options": {"in_channels": 8, "out_channels": 8}, "dtype": "float32", "batch": 1,
            "in_channels": 8, "out_channels": 8, "resolution": [6, 5], "seed": 2**64 - 1, "tf32": False,
            "protocol": {"name": "cpu", "warmup_runs": 2, "repeat_runs": 9, "cache": "hot"}, **changes}


@unittest.skipUnless(HAVE_TORCH, "torch is not installed")
class Workers(unittest.TestCase):
    def worker(self, name: str, **environment: str) -> Worker:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        command = [sys.executable, str(PEERS / "worker.py"), name, "--threads", "1"]
        worker = Worker(command, Path(folder.name) / "log", {**os.environ, **environment}, 300)
        self.addCleanup(worker.close)
        return worker

    def test_a_cell_is_measured_as_its_protocol_says_and_checked_in_double(self):
        worker = self.worker("eager-channels-last")
        self.assertLess(worker.ask("prepare", cell=cell("a"))["max_rel"], 1e-6)
        answer = worker.ask("time", cell=cell("a"))
        self.assertEqual((answer["status"], answer["latency_s"]["n"]), ("ok", 9))
        about = worker.ask("about")
        self.assertEqual((about["contender"], about["threads"], about["tf32"]),
                         ("eager-channels-last", 1, False))

    def test_a_cell_that_fails_stops_no_other(self):
        worker = self.worker("eager")
        odd = cell("odd", options={"in_channels": 7, "out_channels": 8}, in_channels=7)
        self.assertIn("channels: 7, 8", worker.ask("prepare", cell=odd)["reason"])
        answers = [worker.ask("time", cell=each) for each in (odd, cell("gpu", device="cuda:9"), cell("a"))]
        self.assertEqual(answers[0]["status"], "failed")
        self.assertIn(answers[1]["status"], ("failed", "skipped"))
        self.assertEqual(answers[2]["status"], "ok")

    def test_a_missing_compiler_is_a_cell_that_failed(self):
        with tempfile.TemporaryDirectory() as cache:
            worker = self.worker("compile", CXX="no-such-compiler", TORCHINDUCTOR_CACHE_DIR=cache,
                                 TORCHINDUCTOR_COMPILE_THREADS="1")
            answer = worker.ask("time", cell=cell("a"))
            worker.close()
        self.assertEqual(answer["status"], "failed")
        self.assertIn("no-such-compiler", answer["reason"])

    def test_a_worker_that_is_gone_says_so_and_hangs_nobody(self):
        worker = self.worker("eager")
        worker.process.kill()
        for _ in range(2):
            with self.assertRaisesRegex(Lost, "ended with exit code"):
                worker.ask("about")

    def test_a_worker_that_does_not_answer_is_given_up(self):
        with tempfile.TemporaryDirectory() as folder:
            worker = Worker([sys.executable, "-c", "import sys; sys.stdin.read()"], Path(folder) / "log",
                            dict(os.environ), 0.2)
            with self.assertRaisesRegex(Lost, "no answer within 0.2 s"):
                worker.ask("about")

    def test_the_environment_has_ablates_own_hash(self):
        from machine import environment, fingerprint
        known = json.loads((ROOT / "docs/results/notebook-cpu/environment.json").read_text())
        own = list(environment(False, ""))
        self.assertEqual(fingerprint({name: known[name] for name in own}), known["hash"])


class FakeCuda:
    """As much of torch.cuda as the clocks use: what is queued runs at the next synchronisation."""

    def __init__(self, hold_needed: int = 0, refuses: bool = False):
        self.hold_needed, self.refuses = hold_needed, refuses
        self.now, self.held = 0.0, 0
        self.queue: list[Any] = []
        fake = self

        class Event:
            def __init__(self, enable_timing: bool = False, external: bool = False):
                self.external, self.stamp = external, 0.0

            def record(self) -> None:
                fake.queue.append(self)

            def query(self) -> bool:
                return fake.held < fake.hold_needed

            def elapsed_time(self, later: "Event") -> float:
                return (later.stamp - self.stamp) * 1e3

        class CUDAGraph:
            def capture_begin(self, capture_error_mode: str) -> None:
                self.before, fake.queue = fake.queue, []

            def capture_end(self) -> None:
                self.nodes, fake.queue = fake.queue, self.before
                if fake.refuses:
                    raise RuntimeError("operation not permitted when stream is capturing\nmore of it")

            def replay(self) -> None:
                fake.queue += self.nodes

        self.Event, self.CUDAGraph, self.Stream = Event, CUDAGraph, object

    def stream(self, _: object) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def _sleep(self, cycles: int) -> None:
        self.held = cycles
        self.queue.append(1e-3)

    def synchronize(self) -> None:
        for each in self.queue:
            if isinstance(each, float):
                self.now += each
            else:
                each.stamp = self.now
        self.queue = []


@unittest.skipUnless(HAVE_TORCH, "torch is not installed")
class Clocks(unittest.TestCase):
    def clocks(self, fake: FakeCuda, cold: bool = False):
        from clocks import CudaClocks
        flush = (lambda: fake.queue.append(5e-3)) if cold else None
        return CudaClocks(lambda: fake.queue.append(7e-6), flush, fake)

    def test_both_clocks_read_what_one_call_takes(self):
        for cold in (False, True):
            found = self.clocks(FakeCuda(), cold).samples(of_graph=True)
            for clock in ("device_latency_s", "graph_latency_s"):
                self.assertEqual((found[clock]["n"], found[clock]["calls"]), (20, 32))
                self.assertAlmostEqual(found[clock]["median"], 7e-6)

    def test_launching_is_timed_with_each_sample_of_the_device_and_is_no_part_of_it(self):
        for cold in (False, True):
            clocks = self.clocks(FakeCuda(), cold)
            ticks = (each * 1e-3 for each in itertools.count())
            with mock.patch("time.perf_counter", side_effect=ticks):
                found = clocks.samples(of_graph=True)
            launch = found["launch_latency_s"]
            self.assertEqual((launch["n"], launch["calls"]), (20, 32))
            # One step of the clock around the batch, or one around each call.
            self.assertAlmostEqual(launch["median"], 1e-3 if cold else 1e-3 / 32)
            self.assertAlmostEqual(found["device_latency_s"]["median"], 7e-6)

    def test_the_events_of_a_graph_are_external(self):
        clocks = self.clocks(FakeCuda())
        self.assertTrue(clocks.graph_spans[0].begin.external)
        self.assertFalse(clocks.spans[0].begin.external)

    def test_a_stream_that_was_not_held_long_enough_is_held_longer(self):
        from clocks import HOLD_CYCLES
        clocks = self.clocks(FakeCuda(hold_needed=4 * HOLD_CYCLES))
        self.assertAlmostEqual(clocks.device_sample(), 7e-6)
        self.assertEqual(clocks.hold, 4 * HOLD_CYCLES)
        never = self.clocks(FakeCuda(hold_needed=2**40)).samples(of_graph=True)
        self.assertIn("held", never["no_device_latency"])
        self.assertNotIn("launch_latency_s", never)
        self.assertIn("graph_latency_s", never)

    def test_what_cannot_be_captured_loses_that_number_alone(self):
        found = self.clocks(FakeCuda(refuses=True)).samples(of_graph=True)
        self.assertEqual(found["no_graph_latency"],
                         "RuntimeError: operation not permitted when stream is capturing")
        self.assertIn("device_latency_s", found)
        self.assertIn("of its own", self.clocks(FakeCuda()).samples(of_graph=False)["no_graph_latency"])

    def test_a_record_on_cuda_has_all_clocks(self):
        import torch
        import worker
        from clocks import CudaClocks
        from contenders import contender
        from prepare import Ready
        fake = FakeCuda()
        ready = Ready(lambda: fake.queue.append(7e-6), torch.device("cuda"), 0.0, 0.0)
        for name, own in (("compile", "graph_latency_s"), ("max-autotune", "no_graph_latency")):
            with mock.patch.object(torch.cuda, "synchronize", fake.synchronize), \
                    mock.patch.object(worker, "level_2_flush", lambda _: lambda: fake.queue.append(5e-3)), \
                    mock.patch.object(worker, "CudaClocks", lambda *given: CudaClocks(*given, fake)):
                for cache in ("hot", "cold"):
                    protocol = {"warmup_runs": 2, "repeat_runs": 5, "cache": cache}
                    measured = worker.Worker(contender(name))._measure(cell("a", protocol=protocol), ready)
                    self.assertEqual(measured["latency_s"]["n"], 5)
                    self.assertIn(own, measured)
                    self.assertAlmostEqual(measured["device_latency_s"]["median"], 7e-6)

    def test_torch_has_what_the_fake_one_stands_for(self):
        import torch
        event = inspect.signature(torch.cuda.Event.__new__).parameters
        self.assertLessEqual({"enable_timing", "external"}, set(event))
        self.assertIn("capture_error_mode", inspect.signature(torch.cuda.CUDAGraph.capture_begin).parameters)
        for name in ("Stream", "stream", "synchronize", "_sleep", "empty_cache", "get_device_properties"):
            self.assertTrue(callable(getattr(torch.cuda, name)), name)


if __name__ == "__main__":
    if not HAVE_TORCH:
        sys.exit(77)
    unittest.main()
