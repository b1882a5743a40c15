"""The timer and the comparison: their statistics, their verdicts, and the records they exchange.

    python tests/python/peers_test.py

What needs torch is skipped where torch is not installed.
"""

import contextlib
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

PEERS = Path(__file__).resolve().parents[2] / "scripts" / "peers"
sys.path.insert(0, str(PEERS))

import compare  # noqa: E402
from rounds import FASTER, SAME, SLOWER, UNDECIDED, Row, confidence, interval, order  # noqa: E402

HAVE_TORCH = importlib.util.find_spec("torch") is not None


def cell(name: str, block: str = "STMBlock", **changes) -> dict:
    return {"cell": name, "variant": block, "block": block, "options": {"in_channels": 8, "out_channels": 8},
            "form": "deploy", "device": "cpu", "dtype": "float32", "batch": 1, "in_channels": 8,
            "out_channels": 8, "resolution": [6, 5], "seed": 2**64 - 1, "tf32": False,
            "protocol": {"name": "cpu", "warmup_runs": 2, "repeat_runs": 9}, **changes}


class Verdicts(unittest.TestCase):
    def test_a_cell_slower_in_every_round_is_slower(self):
        row = Row({}, [1.2, 1.21, 1.2, 1.22, 1.2, 1.21], [1.0, 1.01, 1.0, 1.0, 1.0, 1.01])
        self.assertEqual(row.verdict, SLOWER)

    def test_a_cell_faster_in_every_round_is_faster(self):
        self.assertEqual(Row({}, [1.0] * 6, [1.2] * 6).verdict, FASTER)

    def test_one_round_the_other_way_is_no_difference(self):
        self.assertEqual(Row({}, [1.2, 1.2, 1.2, 1.2, 1.2, 0.9], [1.0] * 6).verdict, SAME)

    def test_a_difference_smaller_than_the_noise_is_none(self):
        noisy = [1.0, 1.1, 1.0, 1.1, 1.0, 1.1]
        self.assertEqual(Row({}, [1.05 * value for value in noisy], noisy).verdict, SAME)

    def test_too_few_rounds_decide_nothing(self):
        self.assertEqual(Row({}, [2.0] * 4, [1.0] * 4).verdict, UNDECIDED)

    def test_the_interval_is_that_of_a_sign_test(self):
        self.assertEqual([order(rounds) for rounds in (1, 5, 6, 8, 9, 12)], [1, 1, 1, 1, 2, 3])
        self.assertAlmostEqual(confidence(6, 1), 1 - 2 / 2**6)
        self.assertEqual(interval([5, 1, 4, 2, 3]), (1, 5))
        self.assertEqual(interval([9, 1, 8, 2, 7, 3, 6, 4, 5]), (2, 8))


class Tables(unittest.TestCase):
    def compare(self, folder: Path, slowdown: float, **changes) -> tuple[int, dict]:
        cells = [cell("a"), cell("b", device="cuda")]
        (folder / "plan.json").write_text(json.dumps({"study": "tiny", "cells": cells}))
        for number in range(1, 7):
            for side in compare.SIDES:
                directory = folder / f"{side}-{number}"
                directory.mkdir()
                (directory / "environment.json").write_text(json.dumps({"libtorch": "2.11.0", "threads": 2}))
                seconds = 1e-3 * (slowdown if side == "cpp" else 1)
                own = {"params": 10} if side == "cpp" else {"counted": {"params": 10}}
                lines = [{**cells[0], "status": "ok", "latency_s": {"median": seconds}, **own,
                          **(changes if side == "cpp" else {})},
                         {**cells[1], "status": "skipped", "reason": "no CUDA device"}]
                (directory / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        with mock.patch("sys.argv", ["compare.py", "tiny.json", "--out", str(folder), "--table-only"]), \
                contextlib.redirect_stdout(io.StringIO()):
            code = compare.main()
        return code, json.loads((folder / "eager.json").read_text())

    def test_a_slower_cell_is_named_and_gives_exit_code_1(self):
        with tempfile.TemporaryDirectory() as folder:
            code, result = self.compare(Path(folder), 1.5)
            self.assertEqual((code, result["cells"][0]["verdict"]), (1, SLOWER))
            self.assertIn(SLOWER, (Path(folder) / "eager.md").read_text())

    def test_equal_sides_give_exit_code_0_and_skipped_cells_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            code, result = self.compare(Path(folder), 1.0)
            self.assertEqual((code, len(result["cells"])), (0, 1))
            self.assertEqual(result["not_compared"], {"cpp: skipped, no CUDA device": 1})

    def test_blocks_that_differ_in_size_are_not_compared(self):
        with tempfile.TemporaryDirectory() as folder:
            _, result = self.compare(Path(folder), 1.0, params=11)
            self.assertEqual(result["cells"], [])
            self.assertTrue(any("not the same block" in why for why in result["not_compared"]))


@unittest.skipUnless(HAVE_TORCH, "torch is not installed")
class Timer(unittest.TestCase):
    def run_plan(self, cells: list[dict]) -> tuple[int, list[dict], Path]:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        (folder / "plan.json").write_text(json.dumps({"study": "tiny", "cells": cells}))
        done = subprocess.run([sys.executable, str(PEERS / "eager.py"), str(folder / "plan.json"), "--out",
                               str(folder / "run"), "--threads", "1"], capture_output=True, text=True)
        records = [json.loads(line) for line in (folder / "run" / "records.jsonl").read_text().splitlines()]
        return done.returncode, records, folder / "run"

    def test_a_cell_is_measured_as_its_protocol_says(self):
        code, (record,), run = self.run_plan([cell("a")])
        latency = record["latency_s"]
        self.assertEqual((code, record["status"], latency["n"], len(latency["samples"])), (0, "ok", 9, 9))
        self.assertEqual(latency["median"], sorted(latency["samples"])[4])
        self.assertEqual(latency["min"], min(latency["samples"]))
        facts = json.loads((run / "environment.json").read_text())
        self.assertEqual((facts["hash"], facts["threads"]), (record["environment"], 1))

    def test_a_cell_that_fails_stops_no_other_and_is_told_by_the_exit_code(self):
        code, records, _ = self.run_plan([cell("a", options={"in_channels": 7, "out_channels": 8}),
                                          cell("b", form="folded"), cell("c", protocol=None)])
        self.assertEqual((code, [record["status"] for record in records]), (3, ["failed", "skipped", "ok"]))
        self.assertNotIn("latency_s", records[2])


if __name__ == "__main__":
    unittest.main()
