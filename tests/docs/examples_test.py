"""The CI examples: well-formed YAML, shell that parses, and commands that the program takes.

    python tests/docs/examples_test.py [--ablate build/release/ablate]

Exits 77 where PyYAML or yamllint is not installed: CTest counts that as skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import yaml
    from yamllint import linter
    from yamllint.config import YamlLintConfig
except ImportError as error:
    if __name__ == "__main__":
        print(f"skipped: {error.name} is not installed for {sys.executable}")
        sys.exit(77)
    raise unittest.SkipTest("yamllint is not installed") from error

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "ci"
ABLATE = ROOT / "build" / "release" / "ablate"
RULES = """
extends: default
rules:
  line-length: {max: 120}
  truthy: {check-keys: false}
  braces: {max-spaces-inside: 0}
  comments: {min-spaces-from-content: 2}
"""

# `run` is asked what it would measure: that reads the study and every option.
STAND_IN = """#!/bin/sh
echo "$*" >> "{log}"
if [ "$1" = run ]; then exec "{ablate}" "$@" --dry-run; fi
exec "{ablate}" "$@"
"""


def github_commands(document: dict) -> list[str]:
    return [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]


def gitlab_commands(document: dict) -> list[str]:
    return [line for job in document.values() if isinstance(job, dict) for line in job.get("script", [])]


def commands_of(file: Path) -> list[str]:
    document = yaml.safe_load(file.read_text())
    return github_commands(document) if file.name.startswith("github") else gitlab_commands(document)


class Examples(unittest.TestCase):
    def on_each_file(self, check) -> None:
        files = sorted(EXAMPLES.glob("*.yml"))
        self.assertEqual([file.name for file in files], ["github-actions.yml", "gitlab-ci.yml"])
        for file in files:
            with self.subTest(file.name):
                check(file)

    def test_the_files_are_clean_yaml(self):
        def check(file):
            problems = linter.run(file.read_text(), YamlLintConfig(RULES), str(file))
            self.assertEqual([str(problem) for problem in problems], [])
        self.on_each_file(check)

    def test_every_command_parses_as_shell(self):
        def check(file):
            for command in commands_of(file):
                subprocess.run(["bash", "-n", "-c", command], check=True)
        self.on_each_file(check)

    @unittest.skipUnless(os.access(ABLATE, os.X_OK), f"{ABLATE} is not built")
    def test_every_call_of_the_program_is_one_that_it_takes(self):
        self.on_each_file(self.run_calls)

    def run_calls(self, file: Path) -> None:
        """In a folder with what a job has: the repository, the base beside it, and both runs."""
        calls = [command for command in commands_of(file) if "scripts/ablate" in command]
        with tempfile.TemporaryDirectory() as scratch:
            folder, log = Path(scratch), Path(scratch) / "calls"
            for place in (folder, folder / "head", folder / "base"):
                (place / "scripts").mkdir(parents=True)
                for name in ("configs", "docs"):
                    (place / name).symlink_to(ROOT / name)
                stand_in = place / "scripts" / "ablate"
                stand_in.write_text(STAND_IN.format(ablate=ABLATE, log=log))
                stand_in.chmod(0o755)
            for name in ("base", "head"):
                shutil.copytree(ROOT / "docs" / "results" / "notebook-cpu", folder / "runs" / name)
            for call in calls:
                done = subprocess.run(["bash", "-eo", "pipefail", "-c", call], cwd=folder, text=True,
                                      env={**os.environ, "GITHUB_STEP_SUMMARY": str(folder / "summary")},
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, f"{call}\n{done.stdout}")
            called = [line.split()[0] for line in log.read_text().splitlines()]
        self.assertEqual(called, ["params", "run", "run", "compare"])


if __name__ == "__main__":
    if "--ablate" in sys.argv:
        place = sys.argv.index("--ablate")
        ABLATE = Path(sys.argv[place + 1]).resolve()
        del sys.argv[place:place + 2]
    unittest.main()
