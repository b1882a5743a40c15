"""The table of the fused form beside PyTorch's ways, and the same as JSON. No torch here."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from compare import figure
from peer_figures import CLOCKS, Figures, Row, default_ways, geometric_mean, strict_ways

Json = dict[str, Any]
TITLES = {"main": "Main shapes", "ordinary": "Ordinary shapes", "pairs": "Growing channels"}


def micro(seconds: float | None) -> str:
    return "—" if seconds is None else figure(seconds * 1e6)


def spread(ratio: tuple[float, float, float] | None) -> str:
    return "—" if ratio is None else f"**{ratio[0]:.2f}** ({ratio[1]:.2f}–{ratio[2]:.2f})"


def lines_of(heads: list[str], rows: list[list[str]], texts: int = 2) -> list[str]:
    """Markdown; the first `texts` columns are words."""
    rule = ["---"] * texts + ["---:"] * (len(heads) - texts)
    return ["| " + " | ".join(line) + " |" for line in (heads, rule, *rows)]


def means(rows: list[Row], pairs: dict[str, list[tuple[float, float, float] | None]]) -> str:
    parts = []
    for name, ratios in pairs.items():
        known = [ratio[0] for ratio in ratios if ratio is not None]
        mean = geometric_mean(known)
        if mean is not None:
            parts.append(f"{name} {mean:.2f} (lowest {min(known):.2f}, {len(known)} of {len(rows)} cells)")
    return "Geometric means: " + "; ".join(parts) + "." if parts else "No cell has both sides."


def beside_best(rows: list[Row], about: Json, figures: Figures, clock: str) -> list[str]:
    """Ours, PyTorch's usual ways and its best one, strict float32 on both sides."""
    form, ways = about["form"], strict_ways(about)
    on_cpu = about["device"] == "cpu" and not about.get("avx2")  # the peak is that of the widest vectors
    own = list(dict.fromkeys([form, "deploy"]))
    heads = ["block", "B, C, R", "best of PyTorch", *own, "eager", "compile", "best", f"compile/{form}",
             f"best/{form}", "byte floor", *["FMA floor"] * on_cpu]
    body, to_compile, to_best = [], [], []
    for row in rows:
        best = row.best(ways, clock)
        to_compile.append(row.ratio("compile", form, clock))
        to_best.append(row.ratio(best, form, clock) if best else None)
        floors = [row.place.bytes / figures.copy_byte_per_s if figures.copy_byte_per_s else None]
        floors += [row.macs / figures.mac_per_s if figures.mac_per_s and row.macs else None] * on_cpu
        times = [row.seconds(name, clock) if name else None for name in (*own, "eager", "compile", best)]
        body.append([row.place.block, row.place.shape, best or "—", *map(micro, times),
                     spread(to_compile[-1]), spread(to_best[-1]), *map(micro, floors)])
    ratios = {f"compile/{form}": to_compile, f"best/{form}": to_best}
    return [*lines_of(heads, body, 3), "", means(rows, ratios)]


def beside_default(rows: list[Row], about: Json, clock: str) -> list[str]:
    """Ours, strict, beside PyTorch as it comes: TF32 in convolutions."""
    form, ways = about["form"], default_ways(about)
    rows = [row for row in rows if row.best(ways, clock)]
    if not rows:
        return []
    body, ratios = [], {name: [row.ratio(name, form, clock) for row in rows] for name in ways}
    for at, row in enumerate(rows):
        body.append([row.place.block, row.place.shape, micro(row.seconds(form, clock)),
                     *(micro(row.seconds(name, clock)) for name in ways),
                     *(spread(ratios[name][at]) for name in ways)])
    heads = ["block", "B, C, R", form, *ways, *(f"{name}/{form}" for name in ways)]
    named = {f"{name}/{form}": each for name, each in ratios.items()}
    return [*lines_of(heads, body), "", means(rows, named)]


def of_the_host(rows: list[Row], about: Json) -> list[str]:
    """Batch 1, no graph: what a caller waits for, and what launching alone costs both of our forms."""
    form = about["form"]
    rows = [row for row in rows
            if row.place.batch == 1 and row.place.cache == "hot" and row.seconds(form, "host")]
    if not rows or form == "deploy":
        return []
    names = [form, "deploy", *strict_ways(about)]
    ratios = [row.ratio("deploy", form, "host") for row in rows]
    launchers = [name for name in names[:2] if any(row.seconds(name, "launch") for row in rows)]
    body = [[row.place.block, row.place.shape, *(micro(row.seconds(name, "host")) for name in names),
             *(micro(row.seconds(name, "launch")) for name in launchers), spread(ratio)]
            for row, ratio in zip(rows, ratios)]
    heads = ["block", "B, C, R", *names, *(f"{name}, launching" for name in launchers), f"deploy/{form}"]
    return [*lines_of(heads, body), "", means(rows, {f"deploy/{form}": ratios})]


def head(figures: Figures, about: Json) -> list[str]:
    machine = figures.environment
    where = machine.get("gpu") if about["device"] != "cpu" else machine.get("cpu")
    count = machine.get("threads", "?")
    threads = "" if about["device"] != "cpu" else f", {count} thread{'s' * (count != 1)}"
    lines = [f"- {where}{threads}{', both sides held to AVX2' if about.get('avx2') else ''}; ablate "
             f"{machine.get('revision', '')}, LibTorch {machine.get('libtorch', '?')}, {figures.software}",
             f"- {figures.turns} turn{'s' * (figures.turns != 1)}; seed {about['seed']}; "
             f"`{' '.join(about['command'])}`",
             f"- measured in the same run: copy {figures.copy_byte_per_s / 1e9:.0f} GB/s"
             + (f", {figures.mac_per_s / 1e9:.0f} GFMA/s" if about["device"] == "cpu" else "")]
    worst: dict[str, float] = {}
    for row in figures.rows:
        for name, error in row.errors.items():
            worst[name] = max(error, worst.get(name, 0.0))
    if worst:
        lines.append("- largest relative error, ours against the train form, PyTorch's against eager in "
                     "double: " + ", ".join(f"{name} {error:.1e}" for name, error in worst.items()))
    if figures.disturbed:
        lines.append(f"- {figures.disturbed} of ablate's records were disturbed by other processes")
    reasons = Counter(f"{name}, {why}" for row in figures.rows for name, why in row.reasons.items())
    return lines + [f"- no time, {count} {'cell' if count == 1 else 'cells'}: {why}"
                    for why, count in reasons.items()]


def markdown(figures: Figures, about: Json) -> str:
    clock = "host" if about["device"] == "cpu" else "graph"
    lines = [f"# The {about['form']} form beside PyTorch: {about['device']}", "",
             f"Microseconds a call on the {clock}'s clock, medians over the turns of the turns' medians; a "
             f"ratio above 1: {about['form']} is faster, in brackets the lowest and the highest turn. Strict "
             "float32 unless it says +tf32. How it is measured: [peers.md](../peers.md).", "",
             *head(figures, about)]
    for (group, cache) in dict.fromkeys((row.group, row.place.cache) for row in figures.rows):
        rows = [row for row in figures.rows if (row.group, row.place.cache) == (group, cache)]
        title = TITLES.get(group, group) + (", cold level-2 cache" if cache == "cold" else "")
        lines += ["", f"## {title}", "", *beside_best(rows, about, figures, clock)]
        default = beside_default(rows, about, clock)
        if default:
            lines += ["", f"### {title}: PyTorch with its default TF32, ours strict", "", *default]
    host = of_the_host(figures.rows, about) if about["device"] != "cpu" else []
    if host:
        lines += ["", "## Host latency at batch 1, no graph", "", *host]
    return "\n".join(lines) + "\n"


def as_json(figures: Figures, about: Json) -> Json:
    """Seconds of each turn, by contender and clock, so that any other ratio can be had."""
    rows = []
    for row in figures.rows:
        seconds: Json = {}
        for (name, clock), turns in row.medians.items():
            seconds.setdefault(name, {})[clock] = [turns.get(turn) for turn in range(1, figures.turns + 1)]
        rows.append({**asdict(row.place), "group": row.group, "macs": row.macs, "seconds": seconds,
                     "max_rel": row.errors, "no_time": row.reasons})
    return {"schema": 1, **{key: value for key, value in about.items() if key != "groups"},
            "turns": figures.turns, "clocks": list(CLOCKS), "environment": figures.environment,
            "software": figures.software, "copy_byte_per_s": figures.copy_byte_per_s,
            "mac_per_s": figures.mac_per_s, "disturbed": figures.disturbed, "cells": rows}
