"""tables.json: the run's tables as `ablate` laid them out, verdicts among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ablate_results.errors import RunError
from ablate_results.files import check_schema, read_object


@dataclass(frozen=True)
class Table:
    """One table. `values` are numbers in SI units (or text), `text` is what tables.md shows, `cells` the ids
    of the records that a value comes from. All three have the same rows and columns; of columns with the
    same header the later ones have a number behind it."""

    section: str
    title: str
    notes: tuple[str, ...]
    metrics: dict[str, str]
    units: dict[str, str]
    values: pd.DataFrame
    text: pd.DataFrame
    cells: pd.DataFrame


def read_tables(file: Path) -> list[Table]:
    document = read_object(file)
    check_schema(document, file)
    try:
        return [_table(table) for table in document["tables"]]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(file, f"no table as docs/tables.schema.json has it ({error!r})",
                       "what `ablate report` wrote: it makes the file anew") from error


def _table(table: Mapping[str, Any]) -> Table:
    columns, headers = table["columns"], _distinct([column["header"] for column in table["columns"]])

    def frame(key: str) -> pd.DataFrame:
        return pd.DataFrame([[entry[key] for entry in row] for row in table["rows"]], columns=headers)

    return Table(section=table["section"], title=table["title"], notes=tuple(table["notes"]),
                 metrics={header: column["metric"] for header, column in zip(headers, columns)},
                 units={header: column["unit"] for header, column in zip(headers, columns)},
                 values=frame("value"), text=frame("text"), cells=frame("cell"))


def _distinct(headers: list[str]) -> list[str]:
    """A second "DWBlock" is called "DWBlock (2)"."""
    names: list[str] = []
    for header in headers:
        count = 1 + sum(name == header or name.startswith(f"{header} (") for name in names)
        names.append(header if header not in names else f"{header} ({count})")
    return names
