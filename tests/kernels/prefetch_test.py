#!/usr/bin/env python3
"""The tiles of the CPU's kernels prefetch: GCC 12 removes functions that do nothing else, and for a long time had.

`prefetch_test.py PROGRAM`; ends with 77 where there is no objdump, or the processor is of another kind.
"""

import platform
import re
import shutil
import subprocess
import sys

TILES = ("multiply_tile", "shared_products", "own_products", "across_products")


def main():
    if platform.machine() != "x86_64" or not shutil.which("objdump"):
        print("skipped: no x86-64, or no objdump")
        sys.exit(77)
    command = ["objdump", "-dC", "--no-show-raw-insn", sys.argv[1]]
    listing = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    functions = re.split(r"^[0-9a-f]+ <(.*)>:$", listing, flags=re.MULTILINE)
    bodies = list(zip(functions[1::2], functions[2::2]))
    for tile in TILES:
        found = [body for name, body in bodies if f"ablate::kernels::(anonymous namespace)::{tile}<" in name]
        without = sum("prefetch" not in body for body in found)
        assert found, f"no {tile} in {sys.argv[1]}"
        assert not without, f"{without} of {len(found)} of {tile} do not prefetch"
        print(f"{tile}: {len(found)}, each prefetches")


if __name__ == "__main__":
    main()
