"""What scripts/export_block.py writes is measured by `ablate` as the block that it was made from.

    python tests/python/export_test.py --ablate build/release/ablate --tests build/release/tests/tests_torch

Exits 77 where torch is not installed, or cannot compile a package: CTest counts that as skipped.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import torch
except ImportError:
    print("skipped: torch is not installed for", sys.executable)
    sys.exit(77)

if not shutil.which(os.environ.get("CXX", "g++")):
    print("skipped: packages want a C++ compiler")
    sys.exit(77)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = HERE.parent / "golden" / "DWBlock_i8_o8.safetensors"
sys.path[:0] = [str(HERE)]

import tensors  # noqa: E402

PROGRAMS = argparse.Namespace(ablate="", tests="")
STUDY = {
    "study": "twins", "defaults": {"channels": 8, "resolution": 9},
    "protocols": {"p": {"warmup": 1, "repeat": 2}},
    "variants": {
        "ours": {"block": "DWBlock"}, "script": {"block": {"torchscript": "dw.pt"}},
        "compiled": {"block": {"aoti": "dw.pt2"}, "at": {"form": "train"}},
        "around": {"block": {"residual": {"aoti": "dw.pt2"}}, "at": {"form": "train"}},
        "compiled deploy": {"block": {"aoti": "dw-deploy.pt2"}, "at": {"form": "train"}}},
    "sections": [{"id": "all", "axes": {"form": ["train", "deploy"]}, "protocol": "p",
                  "metrics": ["params", "buffers", "macs", "bytes", "latency"]},
                 {"id": "other", "variants": ["compiled"], "axes": {"resolution": [12]}, "protocol": "p",
                  "metrics": ["latency"]}]}


def export(folder: Path, values: dict[str, torch.Tensor]) -> None:
    """Files of DWBlock with the golden weights, for an input of the golden file's channels."""
    prefix = "weights."
    weights = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
    torch.save(weights, folder / "weights.pth")
    batch, channels, height, width = values["input"].shape
    subprocess.run(
        [sys.executable, ROOT / "scripts/export_block.py", f"{ROOT}/scripts/peers/blocks.py:DWBlock",
         "--set", f"in_channels={channels}", "--set", f"out_channels={channels}", "--weights",
         folder / "weights.pth", "--channels", str(channels), "--batch", str(batch),
         "--resolution", f"{height},{width}",
         "--out", folder / "golden"], check=True)
    subprocess.run(
        [sys.executable, ROOT / "scripts/export_block.py", f"{ROOT}/scripts/peers/blocks.py:DWBlock",
         "--set", "in_channels=8", "--set", "out_channels=8", "--channels", "8", "--resolution", "9",
         "--out", folder / "dw"], check=True)


class Twins(unittest.TestCase):
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        values, _ = tensors.read(GOLDEN)
        export(cls.folder, values)

    def test_records_have_our_counts(self) -> None:
        study, out = self.folder / "study.json", self.folder / "run"
        study.write_text(json.dumps(STUDY))
        run = subprocess.run([PROGRAMS.ablate, "run", study, "--out", out],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 3, run.stderr)  # the cell that the package was not compiled for
        lines = (out / "records.jsonl").read_text().splitlines()
        records = {(record["variant"], record["form"], record["resolution"][0]): record
                   for record in map(json.loads, lines)}
        for ours, twin in ((("ours", "train", 9), ("script", "train", 9)),
                           (("ours", "deploy", 9), ("script", "deploy", 9)),
                           (("ours", "train", 9), ("compiled", "train", 9)),
                           (("ours", "deploy", 9), ("compiled deploy", "train", 9))):
            with self.subTest(twin):
                self.assertEqual(records[twin]["status"], "ok", records[twin].get("reason"))
                self.assertIn("latency_s", records[twin])
                for count in ("params", "buffers", "macs", "bytes"):
                    self.assertEqual(records[twin][count], records[ours][count], count)
        around = records["around", "train", 9]
        self.assertEqual(around["status"], "ok")
        self.assertNotIn("params", around)
        self.assertIn("does not show", around["no_counts"])
        other = records["compiled", "train", 12]
        self.assertEqual(other["status"], "failed")
        self.assertIn("[1,8,9,9], what it was compiled for", other["reason"])

    def test_outputs_are_the_golden_ones(self) -> None:
        run = subprocess.run([PROGRAMS.tests, "[twins]"], capture_output=True, text=True,
                             env=os.environ | {"ABLATE_TWINS": str(self.folder)})
        self.assertEqual(run.returncode, 0, run.stdout)
        self.assertNotIn("no files to look at", run.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ablate", required=True)
    parser.add_argument("--tests", required=True)
    PROGRAMS, rest = parser.parse_known_args()
    unittest.main(argv=sys.argv[:1] + rest)
