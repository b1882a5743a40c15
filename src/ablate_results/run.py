"""A run directory, and several of them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from ablate_results.errors import RunError
from ablate_results.files import Record, read_object, read_records
from ablate_results.frames import cells_frame, samples_frame
from ablate_results.tables import Table, read_tables

PathLike: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True)
class Run:
    """What one `ablate run` left behind. Frames are made when they are first asked for."""

    directory: Path
    study: dict[str, Any]
    environment: dict[str, Any]
    records: list[Record]

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a cell; docs/python.md lists the columns."""
        return cells_frame(self.records)

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row a raw sample, in seconds."""
        return samples_frame(self.records)

    def tables(self) -> list[Table]:
        """The tables as `ablate run` or `ablate report` last wrote them."""
        return read_tables(self.directory / "tables.json")


@dataclass(frozen=True)
class Runs:
    """Several runs over one another: the frames of all, with a column `run` in front."""

    runs: dict[str, Run]

    @cached_property
    def cells(self) -> pd.DataFrame:
        return self._stacked({name: run.cells for name, run in self.runs.items()})

    @cached_property
    def samples(self) -> pd.DataFrame:
        return self._stacked({name: run.samples for name, run in self.runs.items()})

    @cached_property
    def environment(self) -> pd.DataFrame:
        """One row a run, its name the index; nested values (`peaks.cpu.copy_byte_per_s`) are columns."""
        frame = pd.json_normalize([run.environment for run in self.runs.values()])
        return frame.set_axis(pd.Index(self.runs, name="run"))

    @staticmethod
    def _stacked(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        stacked = pd.concat(frames, names=["run"]) if frames else pd.DataFrame(columns=["run"])
        return stacked.reset_index("run").reset_index(drop=True) if frames else stacked


def read(directory: PathLike) -> Run:
    """Reads a run directory; RunError names file, line and what is allowed."""
    path = Path(directory)
    if not (path / "study.json").is_file():
        raise RunError(path, "holds no study.json, so no run", "a directory that `ablate run` wrote")
    return Run(path, read_object(path / "study.json"), read_object(path / "environment.json"),
               read_records(path / "records.jsonl"))


def read_many(directories: Iterable[PathLike] | Mapping[str, PathLike]) -> Runs:
    """Reads several runs, called by their directories as given, or by the names of a mapping."""
    if isinstance(directories, Mapping):
        return Runs({name: read(directory) for name, directory in directories.items()})
    return Runs({str(directory): read(directory) for directory in directories})
