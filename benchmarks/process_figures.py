"""What do process trees use, by the pid files in a directory: memory (PSS) and CPU time, of Linux."""

from __future__ import annotations

import os
import pathlib


def pss_of(pid_dir):
    """PSS (KiB) of each process tree whose root pid is in DIR/*.pid."""
    children = {}
    for p in pathlib.Path("/proc").iterdir():
        if p.name.isdigit():
            try:
                ppid = int((p / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(ppid, []).append(int(p.name))
    out, seen = {}, set()
    for f in sorted(pathlib.Path(pid_dir).glob("*.pid")):
        try:
            stack = [int(f.read_text().strip())]
        except ValueError:
            continue
        total = count = 0
        while stack:
            pid = stack.pop()
            if pid in seen:
                continue
            seen.add(pid)
            stack += children.get(pid, [])
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
                count += 1
            except OSError:
                pass
        if count:
            out[f.stem] = {"pss_mib": round(total / 1024, 1), "processes": count}
    out["total_mib"] = round(sum(v["pss_mib"] for v in out.values()), 1)
    return out


def cpu_s(pid):
    """CPU seconds that one process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def cpu_of(pid_dir):
    """CPU seconds used so far by the process trees named by DIR/*.pid (reaped children included)."""
    if not pid_dir:
        return None
    tick, children, used = os.sysconf("SC_CLK_TCK"), {}, {}
    for p in pathlib.Path("/proc").iterdir():
        if p.name.isdigit():
            try:
                f = (p / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(f[1]), []).append(int(p.name))
            used[int(p.name)] = sum(map(int, f[11:15])) / tick
    seen = set()
    stack = [int(f.read_text()) for f in pathlib.Path(pid_dir).glob("*.pid") if f.read_text().strip().isdigit()]
    while stack:
        pid = stack.pop()
        if pid not in seen:
            seen.add(pid)
            stack += children.get(pid, [])
    return round(sum(used.get(pid, 0) for pid in seen), 2)
