"""Types are first used by many threads at once; without care that ends the interpreter, so it is tried in a child."""

from __future__ import annotations

import subprocess
import sys

FIRST_USES = """
import sys, threading, types
sys.setswitchinterval(1e-6)
from moorage.conversion import convert
SOURCE = '''
from __future__ import annotations
import msgspec
class Inner(msgspec.Struct):
    number: int | None = None
    words: list[str] | None = None
class Outer(msgspec.Struct):
    inner: Inner
    more: list[Inner] = []
    named: dict[str, Inner] = {}
'''
VALUE = {"inner": {"number": 1}, "more": [{"words": ["a"]}], "named": {"b": {}}}
for round in range(200):
    module = types.ModuleType(f"shapes{round}")
    sys.modules[module.__name__] = module
    exec(SOURCE, module.__dict__)
    start, found = threading.Barrier(8), []
    def first_use():
        start.wait()
        found.append(convert(VALUE, module.Outer))
    threads = [threading.Thread(target=first_use) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert len(found) == 8 and found[0].more[0].words == ["a"], found
"""


def test_the_first_use_of_a_type_by_many_threads_at_once_is_safe() -> None:
    child = subprocess.run([sys.executable, "-c", FIRST_USES], capture_output=True, text=True, timeout=60)
    assert child.returncode == 0, f"{child.returncode}: {child.stderr}"
