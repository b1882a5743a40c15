"""What the Python side's numbers depend on besides the cell: environment.json, in `ablate`'s own fields."""

import ctypes
import json
import os
import platform
import re
from datetime import datetime, timezone
from typing import Any

import torch


def first_line(path: str, key: str = "") -> str:
    """Of a system file: the value after `key`, or the line itself; empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return next((line.split(":", 1)[-1].strip() for line in file if line.startswith(key)), "")
    except OSError:
        return ""


def keep_freed_memory() -> str:
    """As `ablate run` does (measure/allocator.cpp), or outputs would begin with page faults on one side."""
    mmap_max, trim_threshold = -4, -1  # glibc's malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return ""
    kept = mallopt(mmap_max, 0) == 1 and mallopt(trim_threshold, 2**31 - 1) == 1
    return "glibc, freed memory kept" if kept else ""


def driver_version() -> str:
    """The module's version where the system tells it; else the newest CUDA that the driver can run."""
    found = re.search(r"\s(\d+\.[\d.]+)", first_line("/proc/driver/nvidia/version"))
    if found:
        return found[1]
    packed = ctypes.c_int(0)
    try:
        failed = ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(packed))
    except (OSError, AttributeError):
        return ""
    return "" if failed else f"for CUDA {packed.value // 1000}.{packed.value % 1000 // 10}"


def gpu_facts() -> dict[str, str]:
    """Empty texts where there is no GPU, whatever this torch was built with."""
    if not torch.cuda.is_available():
        return dict.fromkeys(("gpu", "driver", "cuda", "cudnn"), "")
    cudnn = torch.backends.cudnn.version() or 0
    return {"gpu": torch.cuda.get_device_name(0), "driver": driver_version(),
            "cuda": torch.version.cuda or "",
            "cudnn": f"{cudnn // 10000}.{cudnn % 10000 // 100}.{cudnn % 100}"}


def environment(tf32: bool, allocator: str, form: str = "eager", settings: str = "") -> dict[str, Any]:
    """The fields of environment.json that are hashed, in the order in which they are.

    `form` and `settings` say which of PyTorch's forms ran; they stand where a compiled program has its build
    type and flags, which two runs that are compared may differ in.
    """
    system = os.uname()
    return {
        "cpu": first_line("/proc/cpuinfo", "model name"), "cores": len(os.sched_getaffinity(0)),
        "threads": torch.get_num_threads(),
        "governor": first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        **gpu_facts(), "allocator": allocator, "affinity": "", "libtorch": torch.__version__.split("+")[0],
        "compiler": f"Python {platform.python_version()}", "build_type": form, "flags": settings,
        "revision": "", "os": f"{system.sysname} {system.release}", "tf32": tf32,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


def fingerprint(facts: dict[str, Any]) -> str:
    """64-bit FNV-1a, as `ablate` makes it."""
    value = 0xCBF29CE484222325
    for byte in json.dumps(facts, separators=(",", ":"), ensure_ascii=False).encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def described(facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What environment.json holds; `more` does not enter the hash."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"hash": fingerprint(facts), "time": now, **facts, **more}
