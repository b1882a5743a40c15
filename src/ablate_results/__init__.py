"""Reads what `ablate run` left behind into pandas: cells, samples, tables, environment.

    import ablate_results

    run = ablate_results.read("runs/notebook")
    run.cells[["variant", "channels", "latency.median", "latency.median.low", "latency.median.high"]]

Nothing is measured or judged here: verdicts are in the run's own tables (`Run.tables`).
"""

from ablate_results.errors import RunError
from ablate_results.level import Level, level, pooled_level
from ablate_results.run import Run, Runs, read, read_many
from ablate_results.tables import Table

__version__ = "0.1.0"
__all__ = ["Level", "Run", "RunError", "Runs", "Table", "level", "pooled_level", "read", "read_many"]
