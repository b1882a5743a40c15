"""What the site has besides docs/: a page made from the study's schema."""

import json
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).resolve().parent))
from schema_page import schema_page  # noqa: E402


def on_files(files: Files, config: MkDocsConfig) -> Files:
    schema = json.loads((Path(config.docs_dir) / "study.schema.json").read_text(encoding="utf-8"))
    files.append(File.generated(config, "study-reference.md", content=schema_page(schema)))
    return files
