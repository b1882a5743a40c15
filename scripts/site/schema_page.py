"""The reference of a study's keys as a page, made from docs/study.schema.json.

    python scripts/site/schema_page.py docs/study.schema.json
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

INTRODUCTION = """# Every key of a study

Made from [study.schema.json](study.schema.json), which editors can read too. What the keys are for, with
examples: [Writing a study](study.md).
"""


def schema_page(schema: Schema) -> str:
    """Markdown: a heading and a table for each object, in the schema's order."""
    definitions = schema["$defs"]
    parts = [INTRODUCTION, _object("The study", schema, definitions)]
    parts += [_object(name, each, definitions) for name, each in definitions.items() if _is_object(each)]
    parts += ["## Plain values\n", *(f"- {_anchor(name)}: {_described(each, definitions)}"
                                     for name, each in definitions.items() if not _is_object(each))]
    return "\n".join(parts) + "\n"


def _is_object(schema: Schema) -> bool:
    return schema.get("type") == "object"


def _object(title: str, schema: Schema, definitions: Schema) -> str:
    lines = [f"## {title[:1].upper()}{title[1:]}\n"]
    if "description" in schema:
        lines.append(_text(schema["description"]) + "\n")
    lines += ["| key | value | meaning |", "|---|---|---|"]
    required = schema.get("required", [])
    rows = {f"`{key}`" + (" (required)" if key in required else ""): value
            for key, value in schema.get("properties", {}).items()}
    if isinstance(schema.get("additionalProperties"), Mapping):
        rows["any other"] = schema["additionalProperties"]
    for name, value in rows.items():
        cells = [name, _cell(_value(value, definitions)), _cell(_meaning(value, definitions))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _meaning(schema: Any, definitions: Schema) -> str:
    if isinstance(schema, bool):
        return ""
    referred = definitions.get(schema.get("$ref", "").removeprefix("#/$defs/"), {})
    inherited = referred.get("description", "") if _is_object(referred) else ""
    text = _text(schema.get("description", inherited))
    if "default" in schema:
        text += f" Default: `{json.dumps(schema['default'])}`."
    return text.strip()


def _described(schema: Schema, definitions: Schema) -> str:
    return f"{_value(schema, definitions)}. {_meaning(schema, definitions)}".strip()


def _value(schema: Any, definitions: Schema) -> str:
    """What may stand there, in words."""
    if isinstance(schema, bool):
        return "anything" if schema else "nothing"
    if schema.get("$ref") == "#":
        return "[the study](#the-study)"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        target = name if _is_object(definitions[name]) else "plain-values"
        return f"[{name}](#{target.lower()})"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(_value(each, definitions) for each in schema[choice])
    return _typed(schema, definitions)


def _typed(schema: Schema, definitions: Schema) -> str:
    kind = schema.get("type", "any")
    if kind == "array":
        items = _value(schema.get("items", {}), definitions)
        return f"list of ({items})" if " or " in items else f"list of {items}"
    if kind == "object":
        others = schema.get("additionalProperties")
        inner = _value(others, definitions) if isinstance(others, Mapping) else "values"
        return f"name → {inner}"
    words = " or ".join(kind) if isinstance(kind, list) else kind
    return words + _bounds(schema)


def _bounds(schema: Schema) -> str:
    bounds = [f"{words} {schema[key]}" for key, words in (
        ("minimum", "at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"),
        ("exclusiveMaximum", "below"), ("pattern", "as")) if key in schema]
    if "pattern" in schema:
        bounds[-1] = f"as `{schema['pattern']}`"
    return (", " if bounds else "") + ", ".join(bounds)


def _anchor(name: str) -> str:
    return f"**{name}**"


def _text(text: str) -> str:
    return text.replace("<", "&lt;")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(schema_page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
