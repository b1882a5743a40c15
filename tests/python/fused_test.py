"""The fused form beside PyTorch's ways: what the turns say, and the workers and clocks that take part.

    python tests/python/fused_test.py

What needs torch is skipped where torch is not installed.
"""

import contextlib
import importlib.util
import inspect
import io
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

import fused  # noqa: E402
import growth  # noqa: E402
from contenders import FOR_THE_BEST, contender  # noqa: E402
from peer_study import groups_of_cells, study_for, with_form  # noqa: E402
from processes import Lost, Worker  # noqa: E402
from rounds import Trouble  # noqa: E402

HAVE_TORCH = importlib.util.find_spec("torch") is not None


def cell(name: str, **changes: Any) -> dict[str, Any]:
    return {"cell": name, "variant": "STMBlock", "block": "STMBlock", "form": "fused", "device": "cpu",
            "options": {"in_channels": 8, "out_channels": 8}, "dtype": "float32", "batch": 1, "in_channels": 8,
            "out_channels": 8, "resolution": [6, 5], "seed": 2**64 - 1, "tf32": False,
            "protocol": {"name": "cpu", "warmup_runs": 2, "repeat_runs": 9, "cache": "hot"}, **changes}


class Studies(unittest.TestCase):
    def test_the_listed_cells_are_measured_in_the_forms_asked_for(self):
        study = study_for(ROOT / "configs" / "peers.json", "cpu", ["fused", "deploy"], {"": ["hot"]}, [])
        self.assertEqual({tuple(section["axes"]["form"]) for section in study["sections"]},
                         {("fused", "deploy")})
        self.assertNotIn("main-64-64-128", [section["id"] for section in study["sections"]])
        self.assertEqual({section["axes"]["form"] for section in with_form(study, "fused")["sections"]}, {"fused"})

    def test_a_gpu_has_its_large_shape_and_a_cold_cache_where_asked(self):
        caches = {"": ["hot"], "main": ["hot", "cold"]}
        study = study_for(ROOT / "configs" / "peers.json", "cuda:1", ["deploy"], caches, ["main", "pairs"])
        axes = {section["id"]: section["axes"] for section in study["sections"]}
        self.assertEqual(axes["main-64-64-128"]["cache"], ["hot", "cold"])
        self.assertNotIn("cache", axes["pairs-64"])
        self.assertEqual({each["device"] for each in axes.values()}, {"cuda:1"})

    def test_a_cell_belongs_to_the_section_that_shows_it(self):
        study = study_for(ROOT / "configs" / "peers.json", "cpu", ["deploy"], {"": ["hot"]}, [])
        cells = [cell("a", batch=16, in_channels=64, out_channels=64, resolution=[64, 64]),
                 cell("b", batch=2, in_channels=24, out_channels=24, resolution=[100, 75]),
                 cell("c", in_channels=48, out_channels=64, resolution=[64, 64]), cell("d")]
        self.assertEqual(groups_of_cells(study, cells), {"a": "main", "b": "ordinary", "c": "pairs", "d": "other"})

    def test_a_group_that_is_not_there_is_told(self):
        with self.assertRaisesRegex(Trouble, "no section for cpu in none"):
            study_for(ROOT / "configs" / "peers.json", "cpu", ["deploy"], {"": ["hot"]}, ["none"])


class Contenders(unittest.TestCase):
    def test_tf32_is_a_way_of_its_own(self):
        self.assertEqual((contender("compile+tf32").mode, contender("compile+tf32").tf32), ("default", True))
        self.assertFalse(contender("compile").tf32)
        with self.assertRaisesRegex(ValueError, "allowed: eager"):
            contender("complie")

    def test_every_default_is_known(self):
        for name in (*FOR_THE_BEST["cpu"], *FOR_THE_BEST["cuda"]):
            self.assertEqual(contender(name).name, name)
        self.assertTrue(contender("max-autotune").own_graphs)
        self.assertFalse(contender("max-autotune-no-cudagraphs").own_graphs)


class Tables(unittest.TestCase):
    """Turns written by hand: fused takes 10 µs, deploy 40, eager 40 + turn, compile 30."""

    def write(self, run: Path, cells: list[dict[str, Any]], environment: dict[str, Any]) -> None:
        run.mkdir(parents=True)
        (run / "environment.json").write_text(json.dumps(environment))
        (run / "records.jsonl").write_text("".join(json.dumps(each) + "\n" for each in cells))

    def table(self, folder: Path, turns: int = 3) -> tuple[str, dict[str, Any]]:
        def timed(micro: float, **more: Any) -> dict[str, Any]:
            return {**cell("a"), "status": "ok", "latency_s": {"median": micro * 1e-6}, **more}

        ours = {"libtorch": "2.11.0", "peaks": {"cpu": {"copy_byte_per_s": 1e9, "fma_flop_per_s": 4e9}}}
        for turn in range(1, turns + 1):
            at = folder / f"turn-{turn}"
            self.write(at / "ablate", [timed(10, macs=2000), timed(40, form="deploy", cell="b")], ours)
            self.write(at / "eager", [timed(40 + turn, contender="eager")], {"contender": "eager"})
            self.write(at / "compile", [timed(30, contender="compile", against_double={"max_rel": 3e-7})],
                       {"contender": "compile"})
            self.write(at / "compile-freezing", [{**cell("a"), "contender": "compile-freezing", "status": "failed",
                                                  "reason": "no compiler"}], {"contender": "compile-freezing"})
        about = {"form": "fused", "device": "cpu", "seed": 0, "command": ["fused.py"], "groups": {"a": "main"},
                 "contenders": ["eager", "compile", "compile-freezing"]}
        (folder / "about.json").write_text(json.dumps(about))
        out = folder / "table.md"
        with mock.patch("sys.argv", ["fused.py", "--out", str(out), "--work", str(folder), "--table-only"]), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(fused.main(), 0)
        return out.read_text(), json.loads(out.with_suffix(".json").read_text())

    def test_a_row_holds_both_sides_the_best_way_and_the_floors(self):
        with tempfile.TemporaryDirectory() as folder:
            text, _ = self.table(Path(folder))
        row = next(line for line in text.splitlines() if line.startswith("| STMBlock"))
        # The input and the output are 1920 bytes, at 1 GB/s; 2000 multiplications at 2 G/s.
        self.assertEqual([word.strip() for word in row.strip("|").split("|")],
                         ["STMBlock", "1, 8, 6×5", "compile", "10.00", "40.00", "42.00", "30.00", "30.00",
                          "**3.00** (3.00–3.00)", "**3.00** (3.00–3.00)", "1.920", "1.000"])
        self.assertIn("compile/fused 3.00 (lowest 3.00, 1 of 1 cells)", text)
        self.assertIn("no time, 1 cell: compile-freezing, failed: no compiler", text)
        self.assertIn("compile 3.0e-07", text)

    def test_the_json_holds_every_turn(self):
        with tempfile.TemporaryDirectory() as folder:
            _, result = self.table(Path(folder))
        seconds = result["cells"][0]["seconds"]
        self.assertEqual([round(each * 1e6) for each in seconds["eager"]["host"]], [41, 42, 43])
        self.assertEqual((result["turns"], result["cells"][0]["group"]), (3, "main"))


class Slopes(unittest.TestCase):
    def records(self, power: float) -> list[dict[str, Any]]:
        return [{**cell(str(channels), in_channels=channels, out_channels=channels), "status": "ok",
                 "macs": 100 * channels, "latency_s": {"median": max(1e-6, 1e-7 * channels**power)}}
                for channels in (1, 2, 4, 32, 64, 128, 256)]

    def test_growth_in_proportion_beyond_the_floor_is_slope_1(self):
        (line,) = growth.lines_in(self.records(1), "fused", "graph")
        self.assertEqual((line.axis, len(line.points), len(line.beyond(2))), ("channels", 7, 4))
        _, steepest = growth.table([line], 2)
        self.assertAlmostEqual(steepest, 1)

    def test_what_grows_faster_than_the_work_is_found(self):
        _, steepest = growth.table(growth.lines_in(self.records(1.5), "fused", "graph"), 2)
        self.assertAlmostEqual(steepest, 1.5)

    def test_two_points_have_no_slope(self):
        self.assertIsNone(growth.slope([(1, 1), (2, 2)]))


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
        self.assertIn("graph_latency_s", never)

    def test_what_cannot_be_captured_loses_that_number_alone(self):
        found = self.clocks(FakeCuda(refuses=True)).samples(of_graph=True)
        self.assertEqual(found["no_graph_latency"],
                         "RuntimeError: operation not permitted when stream is capturing")
        self.assertIn("device_latency_s", found)
        self.assertIn("of its own", self.clocks(FakeCuda()).samples(of_graph=False)["no_graph_latency"])

    def test_torch_has_what_the_fake_one_stands_for(self):
        import torch
        self.assertLessEqual({"enable_timing", "external"}, set(inspect.signature(torch.cuda.Event.__new__).parameters))
        self.assertIn("capture_error_mode", inspect.signature(torch.cuda.CUDAGraph.capture_begin).parameters)
        for name in ("Stream", "stream", "synchronize", "_sleep", "empty_cache", "get_device_properties"):
            self.assertTrue(callable(getattr(torch.cuda, name)), name)


if __name__ == "__main__":
    unittest.main()
