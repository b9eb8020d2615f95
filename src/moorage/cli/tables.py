"""Tables as the ``openstack`` command prints them."""

from __future__ import annotations

from typing import Any


def print_table(head: list[str], rows: list[list[Any]]) -> None:
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    print(rule)
    print(_line(head, widths))
    print(rule)
    for row in rows:
        print(_line(row, widths))
    if rows:
        print(rule)


def _line(cells: list[Any], widths: list[int]) -> str:
    return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
