"""Runs every shell block of Markdown pages, in order, as a reader would.

    python tests/docs/run_blocks.py --ablate build/release/ablate README.md docs/tutorial.md

Each page has a scratch copy of the repository, in which its blocks run one after another, each by a bash that
stops at the first command that fails. `scripts` and `build` are links to the real ones, so scripts/ablate
finds the program that is built; `ablate` is on the path. What a page speaks of and a reader would bring is
there: two runs in runs/main and runs/branch, and trained.safetensors, weights of an STMBlock.

A comment right above a block may say that it is not run, or run shortened, and must say why:

    <!-- not run: needs a GPU -->
    <!-- shortened: takes minutes; ablate run --dry-run; ablate selfcheck --seconds 0.1 -->

The second adds options to the lines that begin with these words, in place of those of the same name.
"""

import argparse
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINKED = ("scripts", "build", "src", "tests", "cmake", "apps")
COPIED = ("configs", "docs", "README.md", "CMakeLists.txt", "CMakePresets.json", "pyproject.toml", "LICENSE")
BLOCK = re.compile(r"(?:^<!--\s*(?P<mark>[^>]*?)\s*-->\s*\n)?^```sh\n(?P<code>.*?)^```$",
                   re.MULTILINE | re.DOTALL)
LIMIT_S = 200  # for one block


@dataclass
class Block:
    place: str
    code: str
    not_run: str = ""
    shortened: str = ""
    additions: list[str] = field(default_factory=list)


def blocks_of(text: str, name: str) -> list[Block]:
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code"))
        found.append(marked(Block(f"{name}:{line}", match["code"]), match["mark"] or ""))
    return found


def marked(block: Block, mark: str) -> Block:
    """The block with what the comment above it says; a comment of another kind says nothing."""
    kind, _, rest = mark.partition(":")
    if kind not in ("not run", "shortened"):
        return block
    reason, *additions = [part.strip() for part in rest.split(";")] if kind == "shortened" else [rest.strip()]
    if not reason or (kind == "shortened") != bool(additions):
        raise ValueError(f"{block.place}: <!-- {mark} -->; allowed: <!-- not run: WHY --> or "
                         "<!-- shortened: WHY; COMMAND OPTIONS -->")
    if kind == "not run":
        block.not_run = reason
    else:
        block.shortened, block.additions = reason, additions
    return block


def with_additions(block: Block) -> str:
    """The code with the options of its mark, each before the comment of its line. One that fits no line is an
    error: the page has changed, and the mark has not."""
    lines = block.code.splitlines()
    for addition in block.additions:
        command, _, options = addition.partition(" -")
        fitting = [i for i, line in enumerate(lines) if line.startswith(command + " ")]
        if not fitting or not options:
            raise ValueError(f"{block.place}: no line begins with \"{command}\"")
        for i in fitting:
            code, comment, text = lines[i].partition(" #")
            for name in re.findall(r"--\S+", f" -{options}"):
                code = re.sub(rf" {name} [^-\s]\S*", "", code)
            lines[i] = f"{code.rstrip()} -{options}{comment}{text}"
    return "\n".join(lines) + "\n"


def weights_of_golden(golden: Path) -> bytes:
    """The block's weights in a golden file, as a safetensors file of their own."""
    data = golden.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + size]), data[8 + size:]
    kept, parts, offset = {}, [], 0
    for name, entry in header.items():
        if name.startswith("weights."):
            begin, end = entry["data_offsets"]
            kept[name.removeprefix("weights.")] = {**entry, "data_offsets": [offset, offset + end - begin]}
            parts.append(body[begin:end])
            offset += end - begin
    text = json.dumps(kept).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


def prepare(folder: Path, ablate: Path) -> dict[str, str]:
    """The scratch copy; gives the environment that blocks run in."""
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.exists():
            shutil.copy(source, folder / name)
    for name in ("main", "branch"):
        shutil.copytree(ROOT / "docs" / "results" / "notebook-cpu", folder / "runs" / name)
    golden = sorted((ROOT / "tests" / "golden").glob("STMBlock*.safetensors"))[0]
    (folder / "trained.safetensors").write_bytes(weights_of_golden(golden))
    programs = folder / ".programs"
    programs.mkdir()
    (programs / "ablate").symlink_to(ablate)
    # On a busy machine two threads spend their time waiting for each other.
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}


def run(block: Block, folder: Path, environment: dict[str, str]) -> tuple[bool, str]:
    process = subprocess.Popen(["bash", "-euo", "pipefail", "-c", with_additions(block)], cwd=folder,
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output = process.communicate()[0] + f"\nstill running after {LIMIT_S} s"
        return False, output
    return process.returncode == 0, output + f"\nexit code {process.returncode}"


def run_page(page: Path, ablate: Path) -> list[str]:
    """One word a block: ran, skipped or failed."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="ablate-docs-") as scratch:
        environment = prepare(Path(scratch), ablate)
        for block in blocks_of(page.read_text(encoding="utf-8"), page.name):
            if block.not_run:
                print(f"{block.place}: not run: {block.not_run}")
                outcomes.append("skipped")
                continue
            began = time.monotonic()
            passed, output = run(block, Path(scratch), environment)
            note = f" (shortened: {block.shortened})" if block.shortened else ""
            seconds = time.monotonic() - began
            print(f"{block.place}: {'ran' if passed else 'FAILED'} in {seconds:.1f} s{note}", flush=True)
            if not passed:
                print(with_additions(block) + output)
            outcomes.append("ran" if passed else "failed")
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ablate", type=Path, required=True, help="the program")
    parser.add_argument("pages", nargs="+", type=Path)
    arguments = parser.parse_args()
    outcomes = []
    for page in arguments.pages:
        found = run_page(page, arguments.ablate.resolve())
        if not found:
            print(f"{page}: no shell block")
            outcomes.append("failed")
        outcomes += found
    print(", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in ("ran", "skipped", "failed")))
    return 1 if "failed" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
