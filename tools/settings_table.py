"""Writes the table of settings into docs/operating.md from the settings' own words."""

from __future__ import annotations

from pathlib import Path

import msgspec

from catflap.ground.settings import Settings, descriptions

HANDBOOK = Path(__file__).parent.parent / "docs" / "operating.md"
START, END = "<!-- settings -->", "<!-- /settings -->"


def table() -> str:
    """The table as Markdown."""
    defaults = msgspec.to_builtins(Settings(), enc_hook=str)
    rows = ["| setting | default | what it does |", "| --- | --- | --- |"]
    for name, text in descriptions().items():
        default = msgspec.json.encode(defaults[name]).decode()
        rows.append(f"| `{name}` | `{default}` | {text} |")
    return "\n".join(rows)


def main() -> None:
    """Rewrite the handbook."""
    text = HANDBOOK.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    HANDBOOK.write_text(f"{before}{START}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
