"""What run_blocks.py takes for a block, and that one that fails is a failure.

    python tests/docs/blocks_test.py
"""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import run_blocks  # noqa: E402


def page_of(*blocks: str) -> str:
    return "# A page\n\n" + "\n".join(f"{block}\n" for block in blocks)


def block_of(code: str, mark: str = "") -> str:
    return (f"<!-- {mark} -->\n" if mark else "") + f"```sh\n{code}\n```\n"


class Reading(unittest.TestCase):
    def test_shell_blocks_are_found_with_their_lines_and_others_are_not(self):
        page = page_of(block_of("echo a"), "```json\n{}\n```", block_of("echo b\necho c"))
        found = run_blocks.blocks_of(page, "page.md")
        self.assertEqual([(block.place, block.code) for block in found],
                         [("page.md:3", "echo a\n"), ("page.md:12", "echo b\necho c\n")])

    def test_a_mark_says_why(self):
        (block,) = run_blocks.blocks_of(block_of("x", "not run: needs a GPU; or two"), "page.md")
        self.assertEqual(block.not_run, "needs a GPU; or two")
        for mark in ("not run:", "not run", "shortened: slow", "shortened:; ablate run --dry-run"):
            with self.assertRaisesRegex(ValueError, "page.md:2: .*allowed: "):
                run_blocks.blocks_of(block_of("x", mark), "page.md")

    def test_options_are_added_before_the_comment_in_place_of_the_same_ones(self):
        code = "ablate run a.json --budget 60s   # a minute\nablate list blocks"
        mark = "shortened: slow; ablate run --budget 1s --dry-run"
        (block,) = run_blocks.blocks_of(block_of(code, mark), "p")
        self.assertEqual(run_blocks.with_additions(block),
                         "ablate run a.json --budget 1s --dry-run # a minute\nablate list blocks\n")

    def test_a_mark_that_fits_no_line_is_an_error(self):
        text = block_of("ablate plan a", "shortened: slow; ablate run --dry-run")
        (block,) = run_blocks.blocks_of(text, "p")
        with self.assertRaisesRegex(ValueError, 'no line begins with "ablate run"'):
            run_blocks.with_additions(block)


class Running(unittest.TestCase):
    def outcomes(self, *blocks: str) -> tuple[list[str], str]:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
            page = Path(folder) / "page.md"
            page.write_text(page_of(*blocks))
            found = run_blocks.run_page(page, Path("/bin/true"))
        return found, printed.getvalue()

    def test_blocks_share_a_folder_and_a_failing_command_anywhere_fails_its_block(self):
        found, printed = self.outcomes(block_of("echo a > kept"), block_of("cat kept"),
                                       block_of("false\ntrue"), block_of("false | true"),
                                       block_of("exit 1", "not run: never"))
        self.assertEqual(found, ["ran", "ran", "failed", "failed", "skipped"])
        self.assertIn("exit code 1", printed)
        self.assertIn("not run: never", printed)

    def test_what_a_reader_brings_is_there(self):
        found, printed = self.outcomes(block_of("test -s trained.safetensors && ls runs/main/records.jsonl"))
        self.assertEqual(found, ["ran"], printed)


if __name__ == "__main__":
    unittest.main()
