"""What does the real Heat say about a template? Its own validation, in a process of its own.

Heat's library brings an event loop that patches the interpreter, so it never runs inside the tests' own process. The
process is started once and answers one JSON line a question.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from typing import Any

import yaml

from tests.support.process import ROOT


def validate(
    template: str | dict[str, Any], files: dict[str, str] | None = None, parameters: dict[str, Any] | None = None
) -> str | None:
    """Why Heat refuses to make a stack of it; None if it accepts.

    ``files`` maps names such as ``file://node.yaml`` to texts. Names of outside things (flavors, images, networks) are
    taken to exist: there is no cloud to ask.
    """
    document = yaml.safe_load(template) if isinstance(template, str) else template
    answer = _ask({"template": document, "files": files or {}, "parameters": parameters or {}})
    error: str | None = answer["error"]
    return error


def evaluate(
    document: dict[str, Any], parameters: dict[str, Any] | None = None
) -> tuple[dict[str, Any] | None, str | None]:
    """The values Heat gives to the outputs of a template without resources, or the error in their place."""
    answer = _ask({"template": document, "files": {}, "parameters": parameters or {}, "is_evaluated": True})
    return answer["values"], answer["error"]


def _ask(question: dict[str, Any]) -> Any:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question, default=str) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, "the process with Heat's library ended; run python -m tests.support.heat_process to see why"
    return json.loads(line)


@cache
def _process() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.heat_process"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    atexit.register(process.kill)
    return process
