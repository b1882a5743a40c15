"""The package ablate_results against the runs in docs/results, broken runs, and the program's own intervals.

    python tests/python/results_test.py

Exits 77 where pandas is not installed: CTest counts that as skipped.
"""

import functools
import importlib.util
import json
import math
import re
import shutil
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

try:
    import numpy as np
    import pandas  # noqa: F401
except ImportError as error:
    if __name__ == "__main__":
        print(f"skipped: {error.name} is not installed for {sys.executable}")
        sys.exit(77)
    raise unittest.SkipTest("pandas is not installed") from error

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
sys.path.insert(0, str(ROOT / "src"))
sys.dont_write_bytecode = True  # scripts/ablate builds anew when something in src/ is newer

import ablate_results  # noqa: E402
from ablate_results import RunError  # noqa: E402

RUNS = sorted(file.parent for file in RESULTS.glob("*/records.jsonl"))
CLOCK_KEYS = {"host": "latency_s", "device": "device_latency_s", "graph": "graph_latency_s",
              "launch": "launch_latency_s"}


@functools.cache
def run_in(directory: Path) -> ablate_results.Run:
    return ablate_results.read(directory)


@functools.cache
def lines_of(directory: Path) -> list[dict]:
    return [json.loads(line) for line in (directory / "records.jsonl").read_text().splitlines()]


class RealRuns(unittest.TestCase):
    def on_each_run(self, check) -> None:
        self.assertTrue(RUNS, f"no runs in {RESULTS}")
        for directory in RUNS:
            with self.subTest(directory.name):
                check(run_in(directory), lines_of(directory))

    def test_every_cell_is_a_row_with_its_counts_options_and_statistics(self):
        def check(run, records):
            cells = run.cells.set_index("cell").to_dict("index")
            self.assertEqual(len(cells), len(run.cells))
            self.assertEqual(set(cells), {record["cell"] for record in records})
            for record in records:
                row = cells[record["cell"]]
                self.assertEqual((row["height"], row["width"]), tuple(record["resolution"]))
                self.assertEqual(row["seed"], record["seed"])
                for key in ("params", "buffers", "macs", "bytes"):
                    self.assertEqual(row[key], record[key])
                for name, value in record["options"].items():
                    if "channels" not in name:
                        self.assertEqual(row[f"options.{name}"], value)
                if "latency_s" in record:
                    for statistic in ("mean", "std", "median", "min", "p05", "p95", "n"):
                        self.assertEqual(row[f"latency.{statistic}"], record["latency_s"][statistic])
        self.on_each_run(check)

    def test_an_interval_holds_its_median_on_every_clock(self):
        def check(run, records):
            for name in ("latency.median", "latency.device", "latency.graph", "latency.launch"):
                timed = run.cells.dropna(subset=[name])
                self.assertTrue((timed[f"{name}.low"] <= timed[name]).all(), name)
                self.assertTrue((timed[name] <= timed[f"{name}.high"]).all(), name)
            known = np.isfinite(run.cells.dropna(subset=["latency.median"])["latency.median.high"])
            self.assertGreater(known.mean(), 0.9)
        self.on_each_run(check)

    def test_the_samples_are_all_there_in_their_order_with_layouts_and_twins(self):
        def check(run, records):
            streams = dict(list(run.samples.groupby(["cell", "clock", "twin"])))
            expected = 0
            for record in records:
                for twin, source in ((False, record), (True, record.get("pairing", {}).get("twin", {}))):
                    for clock, key in CLOCK_KEYS.items():
                        if key in source:
                            found = streams[record["cell"], clock, twin]
                            self.assertEqual(found["latency_s"].tolist(), source[key]["samples"])
                            self.assertEqual(found["sample"].tolist(), list(range(len(found))))
                            expected += len(found)
                if "pairing" in record:
                    ends = record["pairing"]["layout_ends"]
                    counts = streams[record["cell"], "host", False]["layout"].value_counts().sort_index()
                    self.assertEqual(counts.tolist(), np.diff([0, *ends]).tolist())
            self.assertEqual(len(run.samples), expected)
        self.on_each_run(check)

    def test_the_values_of_tables_are_those_of_the_cells_they_name(self):
        def check(run, records):
            cells, compared = run.cells.set_index("cell").to_dict("index"), 0
            for table in run.tables():
                self.assertEqual(table.values.shape, table.cells.shape)
                if "type" in table.metrics.values():
                    continue  # a row a part of the cell
                for header, metric in table.metrics.items():
                    for value, cell in zip(table.values[header], table.cells[header]):
                        of_cell = cells.get(cell, {})
                        of_cell = {**of_cell, "width": of_cell.get("out_channels")}  # a table's is of channels
                        if metric in of_cell and isinstance(value, int | float) and value == value:
                            self.assertAlmostEqual(value, of_cell[metric], delta=abs(value) * 1e-12)
                            compared += 1
            self.assertGreater(compared, 10)
        self.on_each_run(check)

    def test_claims_have_their_verdicts_in_the_tables(self):
        tables = run_in(RESULTS / "notebook-h200").tables()
        claims = [table for table in tables if "claim.verdict" in table.metrics.values()]
        self.assertEqual(len(claims), 1)
        self.assertLessEqual(set(claims[0].values["verdict"]),
                             {"supported", "refuted", "undecided", "untested"})

    def test_several_runs_stand_over_one_another(self):
        runs = ablate_results.read_many({"GPU": RESULTS / "notebook-h200", "CPU": RESULTS / "notebook-cpu"})
        self.assertEqual(runs.cells.columns[0], "run")
        counts = runs.cells["run"].value_counts().to_dict()
        self.assertEqual(counts, {name: len(run.cells) for name, run in runs.runs.items()})
        self.assertEqual(len(runs.samples), sum(len(run.samples) for run in runs.runs.values()))
        self.assertEqual(runs.environment.loc["GPU", "gpu"], "NVIDIA H200")
        by_path = ablate_results.read_many([RESULTS / "notebook-cpu"])
        self.assertEqual(set(by_path.cells["run"]), {str(RESULTS / "notebook-cpu")})
        self.assertEqual(len(ablate_results.read_many([]).cells), 0)


class Levels(unittest.TestCase):
    """The streams of tests/stats/golden_levels_test.cpp, by the same recipes."""

    @staticmethod
    def stream(seed, samples, layouts, phi, offset):
        values, state, wander = [], seed, 0.0
        for i in range(samples):
            noise = -1.5
            for _ in range(3):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                noise += (state >> 11) / 2**53
            wander = phi * wander + noise
            shift = offset if layouts and i * layouts // samples % 3 == 0 else 0
            values.append((1 + 0.02 * wander + shift) * (3e-3 if i % 17 == 16 else 1e-3))
        return values

    def test_intervals_are_those_of_the_program(self):
        def ends(samples, parts):
            return [-(-samples * part // parts) for part in range(1, parts + 1)]

        lines = (ROOT / "tests" / "golden" / "levels.jsonl").read_text().splitlines()
        self.assertGreater(len(lines), 100)
        for line in lines:
            with self.subTest(line):
                entry = json.loads(line)
                samples = entry["samples"]
                values = self.stream(entry["seed"], samples, entry["layouts"], entry["phi"], entry["offset"])
                found = ablate_results.pooled_level(values, ends(samples, entry["layouts"]),
                                                    ends(samples, entry["processes"]))
                for expected, actual in zip((entry["value"], entry["low"], entry["high"]), found):
                    if expected is None:
                        self.assertTrue(math.isinf(actual))
                    else:
                        self.assertAlmostEqual(actual, expected, delta=1e-9 * expected)


class BrokenRuns(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.run_folder = Path(self.folder.name) / "run"
        shutil.copytree(RESULTS / "factorial-h200", self.run_folder)
        self.records = self.run_folder / "records.jsonl"
        self.lines = self.records.read_text().splitlines(keepends=True)

    def refused(self, pattern: str) -> None:
        with self.assertRaisesRegex(RunError, pattern):
            ablate_results.read(self.run_folder)

    def changed(self, number: int, **changes) -> None:
        self.lines[number - 1] = json.dumps(json.loads(self.lines[number - 1]) | changes) + "\n"
        self.records.write_text("".join(self.lines))

    def test_a_last_line_that_was_cut_off_is_dropped(self):
        for last in (self.lines[-1][:100], self.lines[-1].rstrip("\n"), self.lines[-1][:100] + "\n"):
            self.records.write_text("".join([*self.lines[:-1], last]))
            self.assertEqual(len(ablate_results.read(self.run_folder).cells), len(self.lines) - 1)

    def test_any_other_broken_line_is_refused_with_file_and_line(self):
        self.lines[2] = self.lines[2][:50] + "\n"
        self.records.write_text("".join(self.lines))
        self.refused(r"records\.jsonl:3: no JSON at column \d+ .*; allowed: one JSON object")

    def test_another_schema_is_refused(self):
        self.changed(2, schema=2)
        self.refused(r"records\.jsonl:2: schema is 2; allowed: 1, which this version reads")

    def test_a_value_of_another_kind_is_refused(self):
        self.changed(1, resolution=[64])
        self.refused(r"records\.jsonl:1: resolution is \[64\]; allowed: \[height, width\]")

    def test_samples_must_be_numbers_and_as_many_as_the_record_says(self):
        latency = json.loads(self.lines[0])["latency_s"]
        self.changed(1, latency_s=latency | {"n": 3})
        self.refused(r"records\.jsonl:1: latency_s: n is 3; allowed: \d+, the number of samples")
        self.changed(1, latency_s=latency | {"samples": ["fast"]})
        self.refused(r"records\.jsonl:1: latency_s: samples is \[\"fast\"\]; allowed: a list of seconds")

    def test_the_later_of_two_lines_for_one_cell_counts(self):
        again = json.loads(self.lines[0]) | {"params": 12345}
        self.records.write_text("".join([*self.lines, json.dumps(again) + "\n"]))
        cells = ablate_results.read(self.run_folder).cells
        self.assertEqual(len(cells), len(self.lines))
        self.assertEqual(cells.set_index("cell").loc[again["cell"], "params"], 12345)

    def test_a_directory_without_a_run_and_a_missing_file_are_named(self):
        with self.assertRaisesRegex(RunError, "holds no study.json, so no run"):
            ablate_results.read(self.folder.name)
        (self.run_folder / "environment.json").unlink()
        self.refused(r"environment\.json: No such file or directory")

    def test_tables_of_another_shape_are_refused(self):
        (self.run_folder / "tables.json").write_text('{"schema": 1, "tables": [{"section": "x"}]}')
        with self.assertRaisesRegex(RunError, "tables.json: no table as docs/tables.schema.json has it"):
            ablate_results.read(self.run_folder).tables()

    def test_cells_that_were_skipped_or_only_counted_have_no_latency(self):
        record = json.loads(self.lines[0])
        for key in [*CLOCK_KEYS.values(), "pairing", "protocol", "page_faults", "memory_bytes", "attained"]:
            record.pop(key, None)
        skipped = {**record, "cell": "0" * 16, "status": "skipped", "reason": "no GPU"}
        self.records.write_text("".join(json.dumps(each) + "\n" for each in (record, skipped)))
        run = ablate_results.read(self.run_folder)
        self.assertEqual(run.cells["status"].tolist(), ["ok", "skipped"])
        self.assertTrue(run.cells["latency.median"].isna().all())
        self.assertEqual(run.cells["params"].tolist()[0], record["params"])
        self.assertEqual(len(run.samples), 0)

    def test_a_run_without_records_has_empty_frames_of_the_same_columns(self):
        full = ablate_results.read(self.run_folder)
        self.records.write_text("")
        empty = ablate_results.read(self.run_folder)
        shared = [column for column in full.cells if not column.startswith("options.")]
        self.assertEqual((len(empty.cells), list(empty.cells)), (0, shared))
        self.assertEqual(list(empty.samples), list(full.samples))

    def test_a_composed_block_is_a_column_of_its_json(self):
        self.changed(1, block={"sequence": ["DWBlock", "PRCM"]})
        self.assertEqual(ablate_results.read(self.run_folder).cells["block"][0],
                         '{"sequence": ["DWBlock", "PRCM"]}')


class Package(unittest.TestCase):
    def test_the_version_is_that_of_the_program(self):
        version = re.search(r"project\(ablate VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
        self.assertEqual(ablate_results.__version__, version[1])

    @unittest.skipUnless(importlib.util.find_spec("flit_core"), "flit_core is not installed")
    def test_the_wheel_holds_the_package_and_nothing_else(self):
        from flit_core.wheel import make_wheel_in

        with tempfile.TemporaryDirectory() as folder:
            made = make_wheel_in(ROOT / "pyproject.toml", Path(folder))
            with zipfile.ZipFile(made.file) as wheel:
                held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        sources = (ROOT / "src" / "ablate_results").iterdir()
        self.assertEqual(held, {f"ablate_results/{file.name}" for file in sources if file.is_file()})
        self.assertIn("ablate_results/py.typed", held)


class Page(unittest.TestCase):
    def test_the_python_blocks_of_the_page_run(self):
        page = (ROOT / "docs" / "python.md").read_text()
        code = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
        self.assertIn("read_many", code)
        exec(compile(code.replace('"docs/results', f'"{RESULTS}'), "docs/python.md", "exec"), {})


if __name__ == "__main__":
    unittest.main()
