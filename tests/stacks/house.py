"""A cloud inside the test process for stacks: rows, a simulated hypervisor and array, and the embedded executor."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from moorage import ids
from moorage.compute.service import flavors, services
from moorage.compute.service import quotas as compute_quotas
from moorage.drivers.fcarray import FcArray, snapshot
from moorage.drivers.sim.driver import SimDriver
from moorage.images.content import facts_of
from moorage.images.model import NewImage
from moorage.images.service import ingest
from moorage.networks.model import Network, Networks
from moorage.operations import service as operations
from moorage.operations.engine import Engine
from moorage.operations.runtime import Probe
from moorage.stacks.model import Resource, Stack
from moorage.stacks.ports import Document, Owner
from moorage.store import Store, schema
from moorage.volumes.service import quotas as volume_quotas
from moorage.volumes.service import types
from moorage.workflows.embedded_stacks import EmbeddedStacks
from moorage.workflows.site import Site
from moorage.workflows.world import World
from tests.support import invariants
from tests.support.engine import running
from tests.support.process import eventually

OWNER = Owner(project_id="p" * 32, user_id="u" * 32)

NODE = """\
heat_template_version: 2016-10-14
parameters:
  index: {type: string}
  data_volumes: {type: number, default: 0}
  size: {type: number, default: 1}
  mark: {type: string, default: ""}
resources:
  boot_volume:
    type: OS::Cinder::Volume
    properties:
      name: {list_join: ["-", [w, {get_param: index}, boot]]}
      image: img
      size: {get_param: size}
  inst:
    type: OS::Nova::Server
    properties:
      name: {list_join: ["-", [w, {get_param: index}]]}
      flavor: m1.tiny
      metadata: {mark: {get_param: mark}}
      block_device_mapping_v2:
        - {volume_id: {get_resource: boot_volume}, boot_index: 0, delete_on_termination: false}
  data:
    type: OS::Heat::ResourceGroup
    properties:
      count: {get_param: data_volumes}
      resource_def:
        type: file://data.yaml
        properties: {server: {get_resource: inst}, index: "%index%"}
outputs:
  instance: {value: {physical_id: {get_resource: inst}, name: {get_attr: [inst, name]}}}
"""
DATA = """\
heat_template_version: 2016-10-14
parameters:
  server: {type: string}
  index: {type: string}
resources:
  volume: {type: OS::Cinder::Volume, properties: {size: 1}}
  attachment:
    type: OS::Cinder::VolumeAttachment
    properties: {instance_uuid: {get_param: server}, volume_id: {get_resource: volume}}
"""
MAIN = """\
heat_template_version: 2016-10-14
parameters:
  count: {type: number, default: 2}
  removed: {type: comma_delimited_list, default: ""}
  data_volumes: {type: number, default: 0}
  size: {type: number, default: 1}
  mark: {type: string, default: ""}
resources:
  workers:
    type: OS::Heat::ResourceGroup
    properties:
      count: {get_param: count}
      removal_policies: [{resource_list: {get_param: removed}}]
      resource_def:
        type: file://node.yaml
        properties:
          index: "%index%"
          data_volumes: {get_param: data_volumes}
          size: {get_param: size}
          mark: {get_param: mark}
outputs:
  instances: {value: {get_attr: [workers, instance]}}
"""
FILES = {"file://node.yaml": NODE, "file://data.yaml": DATA}


def nodes(count: int = 2, **parameters: Any) -> Document:
    """So many servers, each on a volume of its own made from an image, and with data volumes if asked for."""
    return Document(template=template(MAIN), files=FILES, parameters={"count": count, **parameters}, timeout_s=600)


def template(text: str) -> dict[str, Any]:
    """As it comes in JSON: versions that look like dates are texts."""
    parsed = yaml.safe_load(text)
    return {**parsed, "heat_template_version": str(parsed["heat_template_version"])}


class House(msgspec.Struct, kw_only=True):
    """Everything there is."""

    directory: Path
    url: str
    store: Store
    world: World
    stacks: EmbeddedStacks

    def ended(self, stack_id: str, timeout_s: float = 30.0) -> Stack:
        """The stack once nothing goes on with it."""

        def found() -> Stack | None:
            stack = self.stacks.find(stack_id)
            assert stack is not None, "the stack is gone"
            return stack if stack.is_ended and not stack.is_delete_requested else None

        stack: Stack = eventually(found, timeout_s, what=f"stack {stack_id} has ended")
        return stack

    def make(self, document: Document, key: str = "k", **options: Any) -> Stack:
        return self.ended(self.stacks.create(OWNER, "s", document, key=key, **options))

    def change(self, stack: Stack, document: Document, key: str = "u", **options: Any) -> Stack:
        self.stacks.update(stack.id, document, key=key, **options)
        return self.ended(stack.id)

    def remove(self, stack_id: str) -> None:
        self.stacks.delete(stack_id)
        eventually(lambda: self.stacks.find(stack_id) is None, what="the stack is gone")

    def resources(self, stack_id: str) -> dict[str, Resource]:
        return {row.path: row for row in self.stacks.resources(stack_id)}

    def settle(self) -> None:
        def is_idle() -> bool:
            with self.store.read() as tx:
                return not operations.unfinished(tx)

        eventually(is_idle, what="all operations have ended")

    def rows(self, query: str) -> list[dict[str, Any]]:
        return invariants.rows(self.database, query)

    @property
    def database(self) -> invariants.Database:
        return self.directory / "moorage.db" if self.store.is_sqlite else self.url

    def counts(self) -> tuple[int, int]:
        """Living servers, and volumes."""
        servers = self.rows("SELECT id FROM servers WHERE deleted_at IS NULL")
        return len(servers), len(self.rows("SELECT id FROM volumes"))

    def problems(self) -> list[str]:
        """Contradictions between rows, array and guests."""
        self.settle()
        array, guests = snapshot(self.directory / "array.db"), invariants.sim_guests(self.directory / "sim.db")
        return invariants.problems(self.database, self.directory, array, guests, [])

    def running(self, probe: Probe | None = None) -> contextlib.AbstractContextManager[Engine]:
        return running(self.directory, self.world, probe)


@contextlib.contextmanager
def house(directory: Path, url: str, *, is_new: bool = True) -> Iterator[House]:
    """``url``: of the database; ``is_new``: nothing is in it or in the directory yet."""
    schema.upgrade(url)
    store = Store(url)
    world = _world(directory, store)
    if is_new:
        _furnish(world)
    yield House(directory=directory, url=url, store=store, world=world, stacks=EmbeddedStacks(store))
    store.close()


def _world(directory: Path, store: Store) -> World:
    driver = SimDriver(directory / "sim.db")
    backend = FcArray("fcarray", directory / "array.db")
    (directory / "images").mkdir(exist_ok=True)
    networks = Networks([Network(name="lan", cidr="192.0.2.0/24", first="192.0.2.10", last="192.0.2.200")])
    site = Site(
        hypervisor_name="sim",
        hypervisor=driver.capabilities,
        protocols={"fcarray": backend.protocol},
        networks=networks,
    )
    return World(
        store=store, hypervisor=driver, backends={"fcarray": backend}, image_dir=directory / "images", site=site,
        networks=networks, public_url="http://moorage.test",
    )  # fmt: skip


def _furnish(world: World) -> None:
    """A flavor without disk, a small image, and no quotas."""
    image_id = ids.derived("image")
    path = world.image_dir / image_id
    path.write_bytes(b"image")
    with world.store.write() as tx:
        types.ensure_defaults(tx, ["fcarray"])
        services.register_hosts(tx, "sim", world.hypervisor.hosts())
        flavors.insert(tx, id="1", name="m1.tiny", vcpus=1, ram_mib=64, disk_gib=0)
        flavors.insert(tx, id="2", name="m1.big", vcpus=2, ram_mib=128, disk_gib=0)
        new = NewImage(id=image_id, owner=OWNER.project_id, name="img", disk_format="raw", container_format="bare")
        ingest.ensure(tx, new)
        ingest.claim(tx, image_id)
        ingest.activate(tx, image_id, facts_of(path, "raw"))
        compute_quotas.set_limits(tx, OWNER.project_id, {"instances": -1, "cores": -1, "ram": -1})
        volume_quotas.set_limits(tx, OWNER.project_id, {"volumes": -1, "gigabytes": -1})
