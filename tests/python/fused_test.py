"""The fused form beside PyTorch's ways: its cells, its tables, and slopes. No torch is needed.

    python tests/python/fused_test.py
"""

import contextlib
import io
import json
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
from peer_figures import Row, place_of  # noqa: E402
from peer_study import groups_of_cells, study_for, with_form  # noqa: E402
from peer_tables import of_the_host  # noqa: E402
from rounds import Trouble  # noqa: E402


def cell(name: str, **changes: Any) -> dict[str, Any]:
    return {"cell": name, "variant": "STMBlock", "block": "STMBlock", "form": "fused", "device": "cpu",
            "options": {"in_channels": 8, "out_channels": 8}, "dtype": "float32", "batch": 1,
            "in_channels": 8, "out_channels": 8, "resolution": [6, 5], "seed": 2**64 - 1, "tf32": False,
            "protocol": {"name": "cpu", "warmup_runs": 2, "repeat_runs": 9, "cache": "hot"}, **changes}


class Studies(unittest.TestCase):
    def test_the_listed_cells_are_measured_in_the_forms_asked_for(self):
        study = study_for(ROOT / "configs" / "peers.json", "cpu", ["fused", "deploy"], {"": ["hot"]}, [])
        self.assertEqual({tuple(section["axes"]["form"]) for section in study["sections"]},
                         {("fused", "deploy")})
        self.assertNotIn("main-64-64-128", [section["id"] for section in study["sections"]])
        alone = with_form(study, "fused")
        self.assertEqual({section["axes"]["form"] for section in alone["sections"]}, {"fused"})

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
        self.assertEqual(groups_of_cells(study, cells),
                         {"a": "main", "b": "ordinary", "c": "pairs", "d": "other"})

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
            failed = {**cell("a"), "contender": "compile-freezing", "status": "failed",
                      "reason": "no compiler"}
            self.write(at / "compile-freezing", [failed], {"contender": "compile-freezing"})
        about = {"form": "fused", "device": "cpu", "seed": 0, "command": ["fused.py"],
                 "groups": {"a": "main"}, "contenders": ["eager", "compile", "compile-freezing"]}
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


class Host(unittest.TestCase):
    def table(self, *clocks: str) -> list[str]:
        seconds = {"fused": 1e-6, "deploy": 5e-6}
        row = Row(place_of(cell("a")), "main",
                  {(name, clock): {1: each} for name, each in seconds.items() for clock in clocks})
        return of_the_host([row], {"form": "fused", "contenders": []})

    def test_what_launching_costs_both_our_forms_stands_beside_the_host(self):
        self.assertIn("| fused | deploy | fused, launching | deploy, launching | deploy/fused |",
                      self.table("host", "launch")[0])

    def test_turns_that_did_not_time_launching_have_the_table_without(self):
        self.assertIn("| fused | deploy | deploy/fused |", self.table("host")[0])


class Ratios(unittest.TestCase):
    def test_only_turns_that_both_sides_finished_count(self):
        row = Row(place_of(cell("a")), "main",
                  {("eager", "host"): {1: 2.0, 2: 4.0, 3: 90.0}, ("fused", "host"): {1: 1.0, 2: 1.0}})
        self.assertEqual(row.ratio("eager", "fused", "host"), (3.0, 2.0, 4.0))
        self.assertIsNone(row.ratio("compile", "fused", "host"))


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


if __name__ == "__main__":
    unittest.main()
