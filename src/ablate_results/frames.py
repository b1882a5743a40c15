"""Records as frames: a row a cell, and a row a sample. Columns bear the names of metrics as studies write
them (`ablate list metrics`); everything is in SI units."""

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ablate_results.files import CLOCKS, Record
from ablate_results.level import pooled_level

IDENTITY = ["cell", "study", "variant", "block", "form", "device", "dtype", "batch", "channels",
            "in_channels", "out_channels", "height", "width", "cache", "protocol", "status", "reason"]
COUNTS = ["params", "buffers", "macs", "bytes"]
STATISTICS = ["mean", "std", "min", "p05", "p95"]
MEDIANS = {"host": "latency.median", "device": "latency.device", "graph": "latency.graph",
           "launch": "latency.launch"}
NUMBERS = [*(f"{median}{end}" for median in MEDIANS.values() for end in ("", ".low", ".high")),
           *(f"latency.{statistic}" for statistic in STATISTICS), "latency.launch_ratio", "page_faults",
           "memory.weights", "memory.activations", "throughput.flops", "throughput.bytes", "roofline",
           "error", "overhead_s"]
CIRCUMSTANCES = ["bound", "kernel", "group", "baseline", "stopped", "disturbed", "latency.n", "tf32", "seed",
                 "environment"]
WHOLE = ["batch", "in_channels", "out_channels", "height", "width", "latency.n", *COUNTS]
CHANNEL_OPTIONS = {"channels", "in_channels", "out_channels"}


def cells_frame(records: Iterable[Record]) -> pd.DataFrame:
    """One row a cell. Options are columns `options.NAME`; of each clock there is the median with the ends of
    its 95 % interval. What a record does not have is missing: NA of counts and options, else NaN or None."""
    rows = [_cell_row(record) for record in records]
    options = sorted({column for row in rows for column in row if column.startswith("options.")})
    frame = pd.DataFrame(rows, columns=[*IDENTITY, *options, *COUNTS, *NUMBERS, *CIRCUMSTANCES])
    for column in options:
        frame[column] = frame[column].convert_dtypes()
    types = dict.fromkeys(WHOLE, "Int64") | dict.fromkeys(NUMBERS, "float64")
    return frame.astype(types | {"seed": "UInt64", "tf32": "boolean"})


def samples_frame(records: Iterable[Record]) -> pd.DataFrame:
    """One row a sample: `sample` counts from 0; in a paired run it is the round, the same for all cells of a
    `group`. `twin` marks the baseline's second instance. `layout` and `process` say which built the block."""
    pieces = [piece for record in records for piece in _sample_pieces(record)]
    columns = ["cell", "variant", "form", "device", "group", "clock", "twin", "process", "layout", "sample",
               "latency_s"]
    if not pieces:
        return pd.DataFrame(columns=columns)
    return pd.concat(pieces, ignore_index=True)[columns]


def _cell_row(record: Record) -> dict[str, Any]:
    inputs, outputs = record["in_channels"], record["out_channels"]
    protocol = record.get("protocol", {})
    row = {key: record.get(key) for key in IDENTITY}
    row |= {"block": _plain(record.get("block")), "protocol": protocol.get("name"),
            "cache": protocol.get("cache", "hot") if protocol else None,
            "channels": str(inputs) if inputs == outputs else f"{inputs}→{outputs}"}
    row["height"], row["width"] = record["resolution"]
    row |= {f"options.{name}": _plain(value) for name, value in record["options"].items()
            if name not in CHANNEL_OPTIONS}
    row |= {name: record.get(name) for name in COUNTS}
    row |= _latencies(record)
    row |= _others(record)
    return row


def _latencies(record: Record) -> dict[str, Any]:
    host = record.get("latency_s", {})
    row: dict[str, Any] = {f"latency.{statistic}": host.get(statistic) for statistic in STATISTICS}
    row["latency.n"] = host.get("n")
    # A CPU has one clock, and all names mean it.
    found = {"host": _level(record, host)} if record["device"] == "cpu" else {
        clock: _level(record, record.get(key, {})) for clock, key in CLOCKS.items()}
    for clock, name in MEDIANS.items():
        row[name], row[f"{name}.low"], row[f"{name}.high"] = found.get(clock, found["host"])
    device = record.get("device_latency_s", {}).get("median", 0)
    row["latency.launch_ratio"] = host["median"] / device if host and device > 0 else None
    return row


def _level(record: Record, latency: Record) -> tuple[float, float, float]:
    """The median as the record has it, and its interval."""
    if not latency:
        return math.nan, math.nan, math.nan
    pairing = record.get("pairing", {})
    found = pooled_level(latency["samples"], pairing.get("layout_ends", []), pairing.get("process_ends", []))
    return latency["median"], found.low, found.high


def _others(record: Record) -> dict[str, Any]:
    memory, attained = record.get("memory_bytes", {}), record.get("attained", {})
    equality, kernel, pairing = (record.get(key, {}) for key in ("equality", "kernel", "pairing"))
    faults, host = record.get("page_faults"), record.get("latency_s")
    calls = host["n"] * host.get("calls", 1) if host else 0
    return {"memory.weights": memory.get("weights"), "memory.activations": memory.get("activations"),
            "throughput.flops": attained.get("flop_per_s"), "throughput.bytes": attained.get("byte_per_s"),
            "roofline": attained.get("roofline"), "bound": attained.get("bound"),
            "error": equality.get("max_rel"), "kernel": kernel.get("scheme"),
            "page_faults": faults["total"] / calls if faults and calls else None,
            "group": pairing.get("group"), "baseline": pairing.get("baseline"),
            "stopped": pairing.get("stopped"), "disturbed": "; ".join(record.get("disturbed", [])) or None,
            "tf32": record.get("tf32"), "seed": record.get("seed"), "environment": record["environment"],
            "overhead_s": record.get("overhead_s")}


def _sample_pieces(record: Record) -> Iterable[pd.DataFrame]:
    pairing = record.get("pairing", {})
    for twin, source in ((False, record), (True, pairing.get("twin", {}))):
        for clock, key in CLOCKS.items():
            if key not in source:
                continue
            samples = np.asarray(source[key]["samples"], dtype=np.float64)
            indices = np.arange(samples.size)
            yield pd.DataFrame({
                "cell": record["cell"], "variant": record["variant"], "form": record["form"],
                "device": record["device"], "group": pairing.get("group"), "clock": clock, "twin": twin,
                "process": np.searchsorted(pairing.get("process_ends", []), indices, side="right"),
                "layout": np.searchsorted(pairing.get("layout_ends", []), indices, side="right"),
                "sample": indices, "latency_s": samples})


def _plain(value: object) -> object:
    """What is no plain value, such as a block that a study composes, as its JSON."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
