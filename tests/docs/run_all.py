"""The tests that want the packages of scripts/docs, at once; the last line counts them as scripts/test does.

    scripts/docs --check
"""

import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def main() -> int:
    suite = unittest.TestSuite()
    for folder, pattern in (("docs", "*_test.py"), ("python", "results_test.py")):
        suite.addTests(unittest.TestLoader().discover(str(TESTS / folder), pattern))
    outcome = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    failed = len(outcome.failures) + len(outcome.errors)
    for test, reason in outcome.skipped:
        print(f"skipped: {test}: {reason}")
    # A test that fails at several places (sub-tests) counts once for each.
    print(f"{max(0, outcome.testsRun - failed - len(outcome.skipped))} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
