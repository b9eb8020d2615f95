#!/usr/bin/env python3
"""Client-side benchmark of a volume-first compute cloud.

Speaks only the public identity, compute and block-storage APIs, so it runs against any
OpenStack-compatible cloud named in clouds.yaml (OS_CLOUD / --cloud). Needs: openstacksdk, httpx2.

Figures (each with its raw samples under "samples" when --samples is given):
  volume_create      POST volume -> available, sequential
  first_boot         the first server of the run (caches cold), not part of boot_sequential
  boot_sequential    POST server (boot from an existing volume) -> ACTIVE, sequential
  boot_throughput    N servers with C clients: wall time until all are ACTIVE
  attach_detach      attach (POST -> in-use) and detach (DELETE -> available), one volume, repeated
  shelve_cycle       shelve -> SHELVED_OFFLOADED, unshelve -> ACTIVE
  list_detail        GET /servers/detail with L servers, concurrency 1 and 16: p50, p95, requests/s
  dangling_reboot    hard reboot of a server with 10 attachments of which k were deleted on the
                     block-storage side: time until ACTIVE and the dead attachment is gone
  delete_throughput  delete every server with C clients: wall time until all are gone
  cold_start         with --cold-start CMD: seconds from running CMD until a server list succeeds
  memory             with --pid-dir DIR: PSS of the process trees named by DIR/*.pid
  step_service_cpu_s with --pid-dir DIR: CPU seconds those trees used in each step (steadier than wall
                     time on a shared machine)

Everything created carries a unique prefix and is removed at the end, also after a failure.
"""

import argparse
import asyncio
import concurrent.futures as cf
import json
import logging
import os
import pathlib
import platform
import secrets
import statistics
import subprocess
import sys
import time
import warnings

warnings.simplefilter("ignore")
import httpx2 as httpx  # noqa: E402
import openstack  # noqa: E402
from process_figures import cpu_of, pss_of  # noqa: E402


class Failed(Exception):
    pass


def quantiles(values):
    if not values:
        return None
    v = sorted(values)
    return {
        "n": len(v),
        "median_s": round(statistics.median(v), 4),
        "p95_s": round(v[min(len(v) - 1, int(len(v) * 0.95))], 4),
        "min_s": round(v[0], 4),
        "max_s": round(v[-1], 4),
        "mean_s": round(statistics.fmean(v), 4),
    }


class Cloud:
    def __init__(self, name, compute_mv, volume_mv, service_cloud=None):
        self.conn = openstack.connect(cloud=name)
        self.session = self.conn.session
        self.compute = self._endpoint("compute")
        self.volume = self._endpoint("block-storage", "volumev3", "volume")
        self.compute_mv, self.volume_mv = compute_mv, volume_mv
        self.service = openstack.connect(cloud=service_cloud).session if service_cloud else None
        self.http = httpx.Client(timeout=120, limits=httpx.Limits(max_connections=64, max_keepalive_connections=64))

    def _endpoint(self, *kinds):
        for kind in kinds:
            try:
                url = self.session.get_endpoint(
                    service_type=kind, interface="public", region_name=self.conn.config.get_region_name()
                )
            except Exception:
                url = None
            if url:
                return url.rstrip("/")
        raise Failed("no endpoint for " + "/".join(kinds))

    def headers(self, which):
        h = {"X-Auth-Token": self.session.get_token(), "Accept": "application/json"}
        if which == "compute":
            h["OpenStack-API-Version"] = "compute " + self.compute_mv
            h["X-OpenStack-Nova-API-Version"] = self.compute_mv
        else:
            h["OpenStack-API-Version"] = "volume " + self.volume_mv
        return h

    def call(self, which, method, path, body=None, ok=range(200, 300), extra=None):
        base = self.compute if which == "compute" else self.volume
        headers = self.headers(which)
        headers.update(extra or {})
        for attempt in range(4):
            try:
                r = self.http.request(method, base + path, json=body, headers=headers)
                break
            except httpx.TransportError:
                if method != "GET" or attempt == 3:
                    raise
        if r.status_code not in ok:
            raise Failed(f"{method} {path} -> {r.status_code} {r.text[:300]}")
        return r

    def json(self, *a, **k):
        return self.call(*a, **k).json()


class Bench:
    def __init__(self, args):
        self.a = args
        self.deadline = time.monotonic() + args.max_seconds
        self.cloud = Cloud(args.cloud, args.compute_microversion, args.volume_microversion, args.service_cloud)
        self.prefix = f"cb-{secrets.token_hex(4)}"
        self.volumes, self.servers = [], []
        self.result, self.samples, self.errors = {}, {}, []
        self.flavor = self._flavor()

    # ---- building blocks ------------------------------------------------------------------------
    def _flavor(self):
        flavors = self.cloud.json("compute", "GET", "/flavors/detail")["flavors"]
        if self.a.flavor:
            for f in flavors:
                if self.a.flavor in (f["id"], f["name"]):
                    return f["id"]
            raise Failed("no flavor " + self.a.flavor)
        return min(flavors, key=lambda f: (f["disk"], f["ram"], f["vcpus"]))["id"]

    def check_time(self):
        if time.monotonic() > self.deadline:
            raise Failed("out of time (--max-seconds)")

    def wait(self, fn, want, bad=(), what="", limit=None, poll=None):
        poll = poll or self.a.poll
        end = min(time.monotonic() + (limit or self.a.wait_seconds), self.deadline + 60)
        while True:
            value = fn()
            if value in want:
                return value
            if value in bad:
                raise Failed(f"{what}: went to {value}")
            if time.monotonic() > end:
                raise Failed(f"{what}: still {value}")
            time.sleep(poll)

    def volume_status(self, vid):
        r = self.cloud.call("volume", "GET", f"/volumes/{vid}", ok=(200, 404))
        return "gone" if r.status_code == 404 else r.json()["volume"]["status"]

    def server_status(self, sid):
        r = self.cloud.call("compute", "GET", f"/servers/{sid}", ok=(200, 404))
        return "gone" if r.status_code == 404 else r.json()["server"]["status"]

    def make_volume(self, bootable=False, poll=None):
        body = {"volume": {"size": 1, "name": f"{self.prefix}-v"}}
        t0 = time.monotonic()
        vid = self.cloud.json("volume", "POST", "/volumes", body)["volume"]["id"]
        self.volumes.append(vid)
        self.wait(lambda: self.volume_status(vid), ("available",), ("error",), f"volume {vid}", poll=poll)
        took = time.monotonic() - t0
        if bootable:
            self.cloud.call("volume", "POST", f"/volumes/{vid}/action", {"os-set_bootable": {"bootable": True}})
        return vid, took

    def make_volumes(self, n, bootable):
        with cf.ThreadPoolExecutor(self.a.concurrency) as ex:
            return [v for v, _ in ex.map(lambda _: self.make_volume(bootable, self.a.burst_poll), range(n))]

    def boot(self, vid, poll=None):
        body = {
            "server": {
                "name": f"{self.prefix}-s",
                "flavorRef": self.flavor,
                "networks": "none",
                "block_device_mapping_v2": [
                    {
                        "boot_index": 0,
                        "uuid": vid,
                        "source_type": "volume",
                        "destination_type": "volume",
                        "delete_on_termination": False,
                    }
                ],
            }
        }
        t0 = time.monotonic()
        sid = self.cloud.json("compute", "POST", "/servers", body)["server"]["id"]
        self.servers.append(sid)
        posted = time.monotonic() - t0
        self.wait(lambda: self.server_status(sid), ("ACTIVE",), ("ERROR",), f"server {sid}", poll=poll)
        return sid, time.monotonic() - t0, posted

    def attach(self, sid, vid):
        t0 = time.monotonic()
        self.cloud.call(
            "compute", "POST", f"/servers/{sid}/os-volume_attachments", {"volumeAttachment": {"volumeId": vid}}
        )
        self.wait(lambda: self.volume_status(vid), ("in-use",), ("error", "available"), f"attach {vid}")
        return time.monotonic() - t0

    def detach(self, sid, vid):
        t0 = time.monotonic()
        self.cloud.call("compute", "DELETE", f"/servers/{sid}/os-volume_attachments/{vid}")
        self.wait(lambda: self.volume_status(vid), ("available",), ("error",), f"detach {vid}")
        return time.monotonic() - t0

    def delete_servers(self, ids):
        def one(sid):
            self.cloud.call("compute", "DELETE", f"/servers/{sid}", ok=(204, 404))
            self.wait(
                lambda: self.server_status(sid), ("gone",), (), f"delete {sid}", limit=300, poll=self.a.burst_poll
            )
            self.servers.remove(sid)

        t0 = time.monotonic()
        with cf.ThreadPoolExecutor(self.a.concurrency) as ex:
            list(ex.map(one, list(ids)))
        return time.monotonic() - t0

    # ---- the figures ----------------------------------------------------------------------------
    def fig_boot_sequential(self):
        vols, took = [], []
        for _ in range(self.a.sequential):
            vid, t = self.make_volume(True)
            vols.append(vid)
            took.append(t)
        self.record("volume_create", took)
        total, posts = [], []
        self.record("first_boot", [self.boot(self.make_volume(True)[0])[1]])  # warms caches, not in the median
        for vid in vols:
            self.check_time()
            _, t, p = self.boot(vid)
            total.append(t)
            posts.append(p)
        self.record("boot_sequential", total)
        self.record("boot_post_only", posts)

    def fig_boot_throughput(self):
        vols = self.make_volumes(self.a.burst, True)
        t0, cpu0 = time.monotonic(), cpu_of(self.a.pid_dir)
        with cf.ThreadPoolExecutor(self.a.concurrency) as ex:
            times = [r[1] for r in ex.map(lambda v: self.boot(v, self.a.burst_poll), vols)]
        wall = time.monotonic() - t0
        self.record(
            "boot_throughput",
            times,
            wall_s=round(wall, 3),
            per_s=round(len(vols) / wall, 3),
            servers=len(vols),
            concurrency=self.a.concurrency,
            **({"service_cpu_s": round(cpu_of(self.a.pid_dir) - cpu0, 2)} if cpu0 is not None else {}),
        )

    def fig_attach_detach(self):
        sid, (vid, _) = self.servers[0], self.make_volume()
        att, det = [], []
        for _ in range(self.a.attach_rounds):
            self.check_time()
            att.append(self.attach(sid, vid))
            det.append(self.detach(sid, vid))
        self.record("attach", att)
        self.record("detach", det)
        self.record("attach_detach", [x + y for x, y in zip(att, det)])

    def fig_shelve(self):
        sid = self.servers[0]
        off, on = [], []
        for _ in range(self.a.shelve_rounds):
            self.check_time()
            t0 = time.monotonic()
            self.cloud.call("compute", "POST", f"/servers/{sid}/action", {"shelve": None})
            self.wait(lambda: self.server_status(sid), ("SHELVED_OFFLOADED",), ("ERROR",), "shelve")
            off.append(time.monotonic() - t0)
            t0 = time.monotonic()
            for attempt in range(100):  # the task state may clear a moment after the status
                r = self.cloud.call("compute", "POST", f"/servers/{sid}/action", {"unshelve": None}, ok=(202, 409))
                if r.status_code == 202:
                    break
                time.sleep(self.a.poll)
            self.wait(lambda: self.server_status(sid), ("ACTIVE",), ("ERROR",), "unshelve")
            on.append(time.monotonic() - t0)
        self.record("shelve_offload", off)
        self.record("unshelve", on)

    def fig_list(self):
        missing = self.a.list_servers - len(self.servers)
        if missing > 0:
            vols = self.make_volumes(missing, True)
            with cf.ThreadPoolExecutor(self.a.concurrency) as ex:
                list(ex.map(lambda v: self.boot(v, self.a.burst_poll), vols))
        url = self.cloud.compute + "/servers/detail?limit=1000"
        out = {"servers": len(self.servers)}
        for conc in (1, 16):
            cpu0 = cpu_of(self.a.pid_dir)
            out[f"c{conc}"] = asyncio.run(self._load(url, conc, self.a.list_seconds))
            if cpu0 is not None:
                out[f"c{conc}"]["service_cpu_s"] = round(cpu_of(self.a.pid_dir) - cpu0, 2)
        one = self.cloud.call("compute", "GET", "/servers/detail?limit=1000")
        out["bytes"], out["listed"] = len(one.content), len(one.json()["servers"])
        sid = self.servers[0]
        for conc in (1, 16):
            out[f"get_one_c{conc}"] = asyncio.run(
                self._load(f"{self.cloud.compute}/servers/{sid}", conc, self.a.list_seconds)
            )
        self.result["list_detail"] = out

    async def _load(self, url, conc, seconds):
        headers, times, bad = self.cloud.headers("compute"), [], 0
        async with httpx.AsyncClient(timeout=120, headers=headers, limits=httpx.Limits(max_connections=conc)) as client:
            for _ in range(2):
                await client.get(url)
            end = time.monotonic() + seconds

            async def worker():
                nonlocal bad
                while time.monotonic() < end:
                    t0 = time.monotonic()
                    try:
                        ok = (await client.get(url)).status_code == 200
                    except httpx.TransportError:
                        ok = False
                    if ok:
                        times.append(time.monotonic() - t0)
                    else:
                        bad += 1

            t0 = time.monotonic()
            await asyncio.gather(*[worker() for _ in range(conc)])
            wall = time.monotonic() - t0
        return {
            **(quantiles(times) or {}),
            "p50_s": quantiles(times)["median_s"] if times else None,
            "requests_per_s": round(len(times) / wall, 2),
            "failed": bad,
        }

    def fig_dangling(self):
        sid = self.servers[0]
        vols = self.make_volumes(self.a.dangling_attachments, False)
        for vid in vols:
            self.attach(sid, vid)
        extra = {"X-Service-Token": self.cloud.service.get_token()} if self.cloud.service else {}
        times, plain = [], []
        for rnd in range(self.a.dangling_rounds):
            self.check_time()
            # the same server, nothing dangling
            t0 = time.monotonic()
            self.reboot(sid)
            plain.append(time.monotonic() - t0)
            victims = vols[rnd * self.a.dangling_k : (rnd + 1) * self.a.dangling_k]
            for vid in victims:
                atts = self.cloud.json("volume", "GET", f"/attachments?volume_id={vid}")["attachments"]
                for att in atts:
                    self.cloud.call("volume", "DELETE", f"/attachments/{att['id']}", extra=extra)
                self.wait(lambda v=vid: self.volume_status(v), ("available",), ("error",), "cinder-side detach")
            t0 = time.monotonic()
            self.reboot(sid)

            def gone():
                have = {
                    x["volumeId"]
                    for x in self.cloud.json("compute", "GET", f"/servers/{sid}/os-volume_attachments")[
                        "volumeAttachments"
                    ]
                }
                return not (have & set(victims))

            self.wait(gone, (True,), (), "dangling mapping removed")
            times.append(time.monotonic() - t0)
        self.record("reboot_hard_clean", plain, attachments=len(vols))
        self.record("dangling_reboot", times, attachments=len(vols), k=self.a.dangling_k)

    def reboot(self, sid):
        self.cloud.call("compute", "POST", f"/servers/{sid}/action", {"reboot": {"type": "HARD"}})
        self.wait(lambda: self.server_status(sid), ("ACTIVE",), ("ERROR",), "reboot")

        def task():
            s = self.cloud.json("compute", "GET", f"/servers/{sid}")["server"]
            return s.get("OS-EXT-STS:task_state") is None and s["status"] == "ACTIVE"

        self.wait(task, (True,), (), "reboot task")

    def fig_delete(self):
        n = len(self.servers)
        wall = self.delete_servers(self.servers)
        self.result["delete_throughput"] = {
            "servers": n,
            "concurrency": self.a.concurrency,
            "wall_s": round(wall, 3),
            "per_s": round(n / wall, 3),
        }

    # ---- run ------------------------------------------------------------------------------------
    def record(self, name, values, **more):
        self.samples[name] = [round(x, 4) for x in values]
        self.result[name] = {**(quantiles(values) or {}), **more}
        say(name, self.result[name])

    def run(self):
        steps = [
            ("boot", self.fig_boot_sequential),
            ("burst", self.fig_boot_throughput),
            ("attach", self.fig_attach_detach),
            ("shelve", self.fig_shelve),
            ("list", self.fig_list),
            ("dangling", self.fig_dangling),
            ("delete", self.fig_delete),
        ]
        loads, cpu, walls = {}, {}, {}
        try:
            for name, step in steps:
                if name in self.a.skip:
                    continue
                cpu0, t0 = cpu_of(self.a.pid_dir), time.monotonic()
                try:
                    self.check_time()
                    if name != "boot" and not self.servers:
                        self.boot(self.make_volume(True)[0])
                    step()
                except (Failed, httpx.HTTPError) as exc:
                    self.errors.append(f"{name}: {exc}")
                    say(name, f"FAILED {exc}")
                loads[name], walls[name] = round(os.getloadavg()[0], 2), round(time.monotonic() - t0, 1)
                if cpu0 is not None:
                    cpu[name] = round(cpu_of(self.a.pid_dir) - cpu0, 2)
        finally:
            t0 = time.monotonic()
            left = self.cleanup()
            self.result["cleanup"] = {"seconds": round(time.monotonic() - t0, 1), "left_behind": left}
        self.result["load_1m_after_step"] = loads
        self.result["step_wall_s"] = walls
        if cpu:
            self.result["step_service_cpu_s"] = cpu
        return self.result

    def cleanup(self):
        try:
            self.delete_servers(self.servers)
        except Exception as exc:
            self.errors.append(f"cleanup servers: {exc}")

        def drop(vid):
            for attempt in range(40):
                try:
                    r = self.cloud.call("volume", "DELETE", f"/volumes/{vid}", ok=(202, 204, 400, 404, 409))
                except Exception:
                    continue
                if r.status_code in (202, 204, 404):
                    return 0
                time.sleep(0.5)
            return 1

        with cf.ThreadPoolExecutor(self.a.concurrency) as ex:
            return sum(ex.map(drop, self.volumes)) + len(self.servers)


def say(name, value):
    print(f"{name:18} {value}", file=sys.stderr, flush=True)


def cold_start(cmd, cloud, limit=300):
    """Seconds from launching CMD until an authenticated, empty server list succeeds."""
    logging.disable(logging.WARNING)
    t0 = time.monotonic()
    proc = subprocess.Popen(cmd, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while time.monotonic() - t0 < limit:
        try:
            conn = openstack.connect(cloud=cloud)
            list(conn.compute.servers(limit=1, paginated=False))
            list(conn.block_storage.volumes(limit=1, paginated=False))
            break
        except Exception:
            time.sleep(0.1)
    else:
        raise Failed("cold start: no answer")
    took = time.monotonic() - t0
    logging.disable(logging.NOTSET)
    try:  # let a start script finish its own waiting; a command that stays in the foreground is left running
        proc.wait(timeout=60)
        script = round(time.monotonic() - t0, 2)
    except subprocess.TimeoutExpired:
        script = None
    return round(took, 2), script


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cloud", default=os.environ.get("OS_CLOUD"))
    p.add_argument(
        "--service-cloud",
        default=os.environ.get("BENCH_SERVICE_CLOUD"),
        help="clouds.yaml entry with the service role; its token lets the dangling step delete an "
        "attachment that the compute service still uses",
    )
    p.add_argument("--flavor")
    p.add_argument("--compute-microversion", default="2.60")
    p.add_argument("--volume-microversion", default="3.44")
    p.add_argument("--sequential", type=int, default=20)
    p.add_argument("--burst", type=int, default=40)
    p.add_argument("--concurrency", type=int, default=8)
    p.add_argument("--attach-rounds", type=int, default=20)
    p.add_argument("--shelve-rounds", type=int, default=5)
    p.add_argument("--list-servers", type=int, default=200)
    p.add_argument("--list-seconds", type=float, default=10)
    p.add_argument("--dangling-attachments", type=int, default=10)
    p.add_argument("--dangling-rounds", type=int, default=5)
    p.add_argument("--dangling-k", type=int, default=1)
    p.add_argument("--poll", type=float, default=0.05, help="seconds between status polls, one client")
    p.add_argument(
        "--burst-poll",
        type=float,
        default=0.5,
        help="the same while several clients poll; small values measure the polls, not the work",
    )
    p.add_argument("--wait-seconds", type=float, default=120, help="limit of one wait")
    p.add_argument("--max-seconds", type=float, default=1200, help="limit of the whole run, cleanup excluded")
    p.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="STEP",
        help="boot, burst, attach, shelve, list, dangling or delete (repeatable)",
    )
    p.add_argument("--cold-start", metavar="CMD")
    p.add_argument("--pid-dir", metavar="DIR")
    p.add_argument("--settle", type=float, default=10, help="idle seconds before memory is read")
    p.add_argument("--purge", action="store_true", help="only remove what an interrupted run left behind (names cb-*)")
    p.add_argument("--samples", action="store_true")
    p.add_argument("--json", metavar="FILE", help="write the figures here ('-': stdout)")
    a = p.parse_args()

    if a.purge:
        b = Bench(a)
        for s in b.cloud.json("compute", "GET", "/servers?name=%5Ecb-&limit=1000")["servers"]:
            if s["name"].startswith("cb-"):
                b.servers.append(s["id"])
        for v in b.cloud.json("volume", "GET", "/volumes?limit=1000")["volumes"]:
            if (v["name"] or "").startswith("cb-"):
                b.volumes.append(v["id"])
        print(f"purging {len(b.servers)} servers, {len(b.volumes)} volumes; left behind: {b.cleanup()}")
        return 0

    out = {
        "cloud": a.cloud,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "client": {
            "python": platform.python_version(),
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "load_1m": round(os.getloadavg()[0], 2),
            "poll_s": a.poll,
            "burst_poll_s": a.burst_poll,
        },
    }
    if a.cold_start:
        out["cold_start_s"], out["start_command_s"] = cold_start(a.cold_start, a.cloud)
        say("cold_start", out["cold_start_s"])
    if a.pid_dir:
        time.sleep(a.settle)
        out["memory_idle"] = pss_of(a.pid_dir)
        say("memory_idle", out["memory_idle"]["total_mib"])
    b = Bench(a)
    out["prefix"] = b.prefix
    out["figures"] = b.run()
    if a.pid_dir:
        out["memory_after"] = pss_of(a.pid_dir)
    out["errors"] = b.errors
    if a.samples:
        out["samples"] = b.samples
    out["load_1m_end"] = round(os.getloadavg()[0], 2)
    text = json.dumps(out, indent=1)
    if a.json and a.json != "-":
        pathlib.Path(a.json).write_text(text + "\n")
    print(text)
    return 1 if b.errors else 0


if __name__ == "__main__":
    sys.exit(main())
