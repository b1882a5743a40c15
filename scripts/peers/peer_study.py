"""The study that both sides measure: a study file with the form, device and cache that are asked for."""

import copy
from pathlib import Path
from typing import Any

from rounds import Trouble, read_json

Json = dict[str, Any]


def group_of(section_id: str) -> str:
    """main-1-64-64 and main-16-64-64 are two of `main`."""
    return section_id.split("-")[0]


def study_for(file: Path, device: str, forms: list[str], caches: dict[str, list[str]],
              groups: list[str]) -> Json:
    """The study of `file` with its sections' forms, device and cache set.

    A section that names another device itself is left out, and so is one of a group that is not asked for.
    `caches` holds by group, "" for all others. Raises Trouble where nothing is left.
    """
    study = copy.deepcopy(read_json(file))
    sections = []
    for section in study.get("sections", []):
        axes = section.setdefault("axes", {})
        group = group_of(section["id"])
        if not runs_on(axes.get("device", device), device) or (groups and group not in groups):
            continue
        axes.update(device=device, form=forms)
        wanted = caches.get(group, caches[""])
        if wanted != ["hot"]:
            axes["cache"] = wanted
        sections.append(section)
    if not sections:
        raise Trouble(f"{file}: no section for {device} in {', '.join(groups) or 'any group'}; "
                      "allowed: a study with sections such as main-1-64-64")
    study.pop("$schema", None)
    return {**study, "sections": sections}


def runs_on(axis: Any, device: str) -> bool:
    """cuda:1 is one of cuda."""
    return device.split(":")[0] in (axis if isinstance(axis, list) else [axis.split(":")[0]])


def with_form(study: Json, form: str) -> Json:
    """The same cells in one form alone: what a contender's records hold."""
    study = copy.deepcopy(study)
    for section in study["sections"]:
        section["axes"]["form"] = form
    return study


def groups_of_cells(study: Json, plan_cells: list[Json]) -> dict[str, str]:
    """Cell → group of its section; the first where several show it."""
    groups: dict[str, str] = {}
    for cell in plan_cells:
        for section in study["sections"]:
            if cell["cell"] not in groups and shows(section["axes"], study.get("defaults", {}), cell):
                groups[cell["cell"]] = group_of(section["id"])
        groups.setdefault(cell["cell"], "other")
    return groups


def shows(axes: Json, defaults: Json, cell: Json) -> bool:
    """Whether a section with these axes has a place for the cell's shape."""
    channels = [cell["in_channels"], cell["out_channels"]]
    own = {"batch": cell["batch"], "channels": channels, "resolution": list(cell["resolution"])}
    ours = {"batch": 1, "channels": 64, "resolution": 64, **defaults, **axes}

    def values(name: str) -> list[Any]:
        value = ours[name]
        return value if isinstance(value, list) else [value]

    def spread(value: Any) -> Any:
        return value if isinstance(value, list) else [value, value]

    return (own["batch"] in values("batch") and own["channels"] in map(spread, values("channels"))
            and own["resolution"] in map(spread, values("resolution")))
