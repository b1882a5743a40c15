"""The Python blocks give what the golden files hold, in every form.

    python tests/python/blocks_test.py

Exits 77 where torch is not installed: CTest counts that as skipped.
"""

import json
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import torch
except ImportError:
    if __name__ == "__main__":
        print("skipped: torch is not installed for", sys.executable)
        sys.exit(77)
    raise unittest.SkipTest("torch is not installed")

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts" / "peers")]

import tensors  # noqa: E402
from blocks import BLOCKS, build  # noqa: E402

TOLERANCE = 1e-5


def load(path: Path) -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """The block that a golden file holds the weights of, and all of the file's tensors."""
    values, metadata = tensors.read(path)
    module = build(metadata["block"], json.loads(metadata["options"]))
    module.load_state_dict(under("weights.", values))
    return module, values


def under(prefix: str, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


class Golden(unittest.TestCase):
    def assert_near(self, actual: torch.Tensor, expected: torch.Tensor, what: str, scale: float = 1) -> None:
        self.assertEqual(actual.shape, expected.shape, what)
        scale = max(scale, expected.abs().max().item())
        error = (actual.double() - expected.double()).abs().max().item() / scale
        self.assertLessEqual(error, TOLERANCE, what)

    def assert_all_near(self, actual: dict, expected: dict, what: str, scale: float = 1) -> None:
        for name, value in expected.items():
            self.assert_near(actual[name], value, what + name, scale)

    def on_each_file(self, check) -> None:
        files = sorted(GOLDEN.glob("*.safetensors"))
        self.assertTrue(files, f"no golden files in {GOLDEN}")
        for path in files:
            with self.subTest(path.name):
                check(*load(path))

    def test_evaluation_gives_the_golden_output(self):
        def check(module, values):
            with torch.no_grad():
                self.assert_near(module.eval()(values["input"]), values["output.eval"], "output.eval")
        self.on_each_file(check)

    def test_deploying_gives_the_golden_weights_and_output(self):
        def check(module, values):
            if "output.deploy" not in values:
                return
            module.eval().switch_to_deploy()
            module.switch_to_deploy()  # the second call changes nothing
            state, expected = module.state_dict(), under("deploy.", values)
            self.assertEqual(sorted(state), sorted(expected))
            self.assert_all_near(state, expected, "deploy.")
            with torch.no_grad():
                self.assert_near(module(values["input"]), values["output.deploy"], "output.deploy")
        self.on_each_file(check)

    def test_training_gives_the_golden_output_gradients_and_statistics(self):
        def check(module, values):
            module.train()
            for child in module.modules():
                if isinstance(child, torch.nn.Dropout):
                    child.p = 0.0
            source = values["input"].clone().requires_grad_()
            output = module(source)
            output.square().sum().backward()

            self.assert_near(output, values["output.train"], "output.train")
            gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
            expected = under("grad.", values)
            # Batch norm undoes a factor on a depthwise 1 x 1 kernel, so its gradient is a difference of large
            # numbers: errors are measured against the largest gradient of the block.
            largest = max(value.abs().max().item() for value in expected.values())
            self.assert_all_near({**gradients, "input": source.grad}, expected, "grad.", largest)
            self.assert_all_near(dict(module.named_buffers()), under("after.", values), "after.")
        self.on_each_file(check)

    def test_parameter_counts_are_the_golden_ones(self):
        for row in json.loads((GOLDEN / "params_grid.json").read_text()):
            with self.subTest(**row):
                module = build(row["block"], {"in_channels": row["in"], "out_channels": row["out"]})
                self.assertEqual(sum(p.numel() for p in module.parameters()), row["train"])
                self.assertEqual(sum(b.numel() for b in module.buffers()), row["train_buffers"])
                module.switch_to_deploy()
                self.assertEqual(sum(p.numel() for p in module.parameters()), row["deploy"])


class Parts(unittest.TestCase):
    def test_every_block_runs_by_the_names_of_its_options(self):
        for name in BLOCKS:
            options = {"PRCM": {"channels": 8}, "AffinePRCM": {"channels": 8}, "SimplePRCM": {"channels": 8},
                       "Slice": {"dim": 2}, "Chunk": {}, "Concat": {}, "ChannelShuffle": {}}
            module = build(name, options.get(name, {"in_channels": 8, "out_channels": 8}), "deploy").eval()
            self.assertIsNotNone(module(torch.randn(2, 8, 5, 6)), name)

    def test_a_shuffle_interleaves_the_halves(self):
        channel = torch.arange(6.0).view(1, 6, 1, 1)
        self.assertEqual(build("ChannelShuffle", {})(channel).flatten().tolist(), [0, 3, 1, 4, 2, 5])

    def test_an_unknown_block_or_form_is_refused_with_what_is_allowed(self):
        with self.assertRaisesRegex(ValueError, "allowed: RepConv"):
            build("RepConf", {})
        with self.assertRaisesRegex(ValueError, "allowed: train, deploy"):
            build("Chunk", {}, "folded")


class Files(unittest.TestCase):
    def test_weights_survive_a_file_with_and_without_the_safetensors_package(self):
        state = build("STMBlock", {"in_channels": 8, "out_channels": 12}).state_dict()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.safetensors"
            for write in (tensors.write, tensors.write_plain):
                for read in (tensors.read, tensors.read_plain):
                    write(state, path)
                    again, _ = read(path)
                    self.assertEqual(sorted(again), sorted(state))
                    self.assertTrue(all(torch.equal(again[name], state[name]) for name in state))


if __name__ == "__main__":
    unittest.main()
