"""Write the generated pages below docs/reference; ``--check`` fails when one is stale.

Generated: the sample configuration, the policy reference, the route table, the figures, and the commands' help.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"
COMMANDS = [
    ["--help"], ["serve", "--help"], ["operations", "--help"], ["operations", "list", "--help"], ["db", "--help"],
    ["volume-attachment", "--help"], ["volume-attachment", "audit", "--help"],
    ["volume-attachment", "cleanup", "--help"], ["volume-attachment", "show", "--help"],
    ["volume-attachment", "get-connector", "--help"], ["volume-attachment", "refresh", "--help"],
    ["cluster", "--help"], ["cluster", "template", "--help"],
    ["config", "--help"], ["dpm", "--help"], ["dpm", "doctor", "--help"], ["array", "--help"], ["mock-hmc", "--help"],
]  # fmt: skip


def pages() -> dict[str, str]:
    """File name → content."""
    from moorage.config.sample import sample

    return {
        "moorage.conf.sample": sample(),
        "policy.yaml.sample": policy(),
        "routes.md": routes(),
        "commands.md": commands(),
        "metrics.md": metrics(),
    }


def policy() -> str:
    """Every rule with its default, commented out, as operators expect a policy sample."""
    from moorage.api.surface import SERVICES
    from moorage.api.wire.rules import rules

    lines = ["# Rules of policy.yaml and their defaults. Uncomment a line to change it.", ""]
    for rule in sorted(rules(SERVICES), key=lambda rule: rule.name):
        lines += [f"# {rule.description}", *(f"# {op['method']} {op['path']}" for op in rule.operations if op["path"])]
        lines += [f'#"{rule.name}": "{rule.check_str}"', ""]
    return "\n".join(lines)


def routes() -> str:
    """Every path, with its versions and who may use it by default."""
    from moorage.api.surface import SERVICES

    lines = ["# Routes", "", "Generated from the route tables; `default` is who may without a `policy.yaml`.", ""]
    for service in SERVICES:
        lines += [
            f"## {service.name}",
            "",
            "| method | path | versions | default | what |",
            "| --- | --- | --- | --- | --- |",
        ]
        for route in service.routes:
            span = "" if not (route.min or route.max) else f"{_version(route.min)}-{_version(route.max)}"
            path = service.prefix + service.root + route.path
            what = route.summary.split("\n")[0]
            lines.append(f"| {route.method} | `{path}` | {span} | {route.default} | {what} |")
        lines.append("")
    return "\n".join(lines)


def metrics() -> str:
    """Every figure of ``/metrics``."""
    from moorage.telemetry.catalogue import METRICS

    lines = [
        "# Figures of /metrics",
        "",
        "Generated from `moorage.telemetry.catalogue`; what `/metrics` gives, and no more.",
        "",
    ]
    lines += ["| name | kind | labels | what |", "| --- | --- | --- | --- |"]
    lines += [f"| `{m.name}` | {m.kind} | {', '.join(m.labels)} | {m.help} |" for m in METRICS]
    return "\n".join([*lines, ""])


def _version(version: tuple[int, int] | None) -> str:
    return f"{version[0]}.{version[1]}" if version else ""


def commands() -> str:
    """What each command prints for ``--help``."""
    from moorage.cli.main import main

    os.environ["COLUMNS"] = "110"
    lines = ["# Commands", "", "Generated from `--help`.", ""]
    for words in COMMANDS:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
            main(words)
        lines += [f"## moorage {' '.join(words[:-1])}".rstrip(), "", "```", out.getvalue().rstrip(), "```", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    stale = []
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = REFERENCE / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text)
            print(f"wrote {path.name}")
    if stale and "--check" in arguments:
        print(f"stale: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
