"""The files of a run directory as plain values, checked. docs/records.md tells what they hold."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ablate_results.errors import RunError

Record: TypeAlias = Mapping[str, Any]

SCHEMA = 1
CLOCKS = {"host": "latency_s", "device": "device_latency_s", "graph": "graph_latency_s",
          "launch": "launch_latency_s"}

_TEXTS = ("study", "cell", "variant", "form", "device", "dtype", "status", "environment")
_COUNTS = ("batch", "in_channels", "out_channels")
_STATUSES = ("ok", "skipped", "failed")


def read_object(file: Path) -> dict[str, Any]:
    """A file that holds one JSON object."""
    return _object(_text(file), file)


def read_records(file: Path) -> list[Record]:
    """The records in the order of their first lines; of two lines for one cell the later one counts.

    A last line without its newline, or that ends amid its JSON, was cut off when the run was: it is dropped,
    as `ablate report` does.
    """
    lines = _text(file).split("\n")
    lines.pop()  # what stands behind the last newline: nothing, or a line that was cut off
    records: dict[str, Record] = {}
    for number, line in enumerate(lines, 1):
        if number == len(lines) and not _is_json(line):
            break
        record = _object(line, f"{file}:{number}")
        check_record(record, f"{file}:{number}")
        records[record["cell"]] = record
    return list(records.values())


def check_record(record: Record, where: str) -> None:
    """What the frames rely on; keys that are not known are left alone."""
    check_schema(record, where)
    for key in _TEXTS:
        _require(record, key, where, lambda value: isinstance(value, str), "text")
    for key in _COUNTS:
        _require(record, key, where, _is_count, "an integer of at least 1")
    _require(record, "options", where, lambda value: isinstance(value, dict), "an object")
    _require(record, "resolution", where, _is_pair, "[height, width]")
    _require(record, "status", where, lambda value: value in _STATUSES, ", ".join(_STATUSES))
    for key in CLOCKS.values():
        _check_latency(record, key, where)
    if "pairing" in record:
        _check_pairing(record["pairing"], where)


def check_schema(document: Mapping[str, Any], where: object) -> None:
    _require(document, "schema", where, lambda value: value == SCHEMA, f"{SCHEMA}, which this version reads")


def _check_pairing(pairing: object, where: str) -> None:
    if not isinstance(pairing, dict):
        raise RunError(where, f"pairing is {_shown(pairing)}", "an object")
    for key in ("group", "baseline", "stopped"):
        _require(pairing, key, f"{where}: pairing", lambda value: isinstance(value, str), "text")
    _require(pairing, "layout_ends", f"{where}: pairing", _are_integers, "a list of integers")
    for key in CLOCKS.values():
        _check_latency(pairing.get("twin", {}), key, f"{where}: pairing.twin")


def _check_latency(record: Record, key: str, where: str) -> None:
    if key not in record:
        return
    latency = record[key]
    if not isinstance(latency, dict):
        raise RunError(f"{where}: {key}", f"{_shown(latency)}", "an object")
    place = f"{where}: {key}"
    for statistic in ("mean", "std", "median", "min", "p05", "p95"):
        _require(latency, statistic, place, _is_number, "a number of seconds")
    _require(latency, "samples", place, _are_numbers, "a list of seconds")
    count = len(latency["samples"])
    _require(latency, "n", place, lambda value: value == count, f"{count}, the number of samples")


def _require(record: Record, key: str, where: object, holds: Callable[[Any], bool], allowed: str) -> None:
    if key not in record:
        raise RunError(where, f"no {key}", allowed)
    if not holds(record[key]):
        raise RunError(where, f"{key} is {_shown(record[key])}", allowed)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise RunError(file, error.strerror or str(error), "a file of a run directory") from error
    except UnicodeDecodeError as error:
        raise RunError(file, f"byte {error.start} is no UTF-8", "text in UTF-8") from error


def _object(text: str, where: object) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise RunError(where, f"no JSON at column {error.colno} ({error.msg})", "one JSON object") from error
    if not isinstance(value, dict):
        raise RunError(where, _shown(value), "one JSON object")
    return value


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except json.JSONDecodeError:
        return False
    return True


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _are_integers(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_integer, value))


def _is_pair(value: object) -> bool:
    return _are_integers(value) and isinstance(value, list) and len(value) == 2


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
