"""Carries out what is on record in a directory until it is killed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.stacks.house import house

if __name__ == "__main__":
    with house(Path(sys.argv[1]), sys.argv[2], is_new=False) as found, found.running():
        print("ready", flush=True)
        threading.Event().wait()
