"""``moorage serve`` stays on one CPU, and what it starts does not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux can do it")

_SETTLED = """
import os, subprocess, sys
from moorage import one_cpu
before = os.sched_getaffinity(0)
one_cpu.settle()
child = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
of_child = subprocess.check_output(child, preexec_fn=one_cpu.leave, text=True).strip()
print(len(os.sched_getaffinity(0)), of_child, len(before))
"""


def test_a_settled_process_has_one_cpu_and_its_programs_have_all() -> None:
    found = subprocess.check_output([sys.executable, "-c", _SETTLED], text=True).split()
    assert found[0] == "1"
    assert found[1] == found[2]
