"""What the site has besides docs/: a page made from the study's schema."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).resolve().parent))
from schema_page import schema_page  # noqa: E402

# Pages that are being written: left out of the navigation, and links to them shown as text, while they are
# not there. Empty this list once they are.
COMING = ["install.md", "own-blocks.md", "plugins.md", "bench.md", "report.md", "history.md", "cli.md",
          "zoo.md"]


def on_config(config: MkDocsConfig) -> None:
    config.nav = _present(config.nav or [], _missing(config))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    schema = json.loads((Path(config.docs_dir) / "study.schema.json").read_text(encoding="utf-8"))
    files.append(File.generated(config, "study-reference.md", content=schema_page(schema)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    for name in _missing(config):
        markdown = re.sub(rf"\[([^\]]+)\]\({re.escape(name)}(#[^)]*)?\)", r"\1", markdown)
    return markdown


def _missing(config: MkDocsConfig) -> list[str]:
    return [name for name in COMING if not (Path(config.docs_dir) / name).exists()]


def _present(entries: list[Any], missing: list[str]) -> list[Any]:
    kept = []
    for entry in entries:
        ((title, target),) = entry.items()
        if isinstance(target, list):
            kept.append({title: _present(target, missing)})
        elif target not in missing:
            kept.append(entry)
    return kept
