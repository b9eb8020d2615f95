"""What exists on the HMC right now? All resources in memory, each change written through to the store.

Kinds: ``cpc``, ``adapter``, ``storage-port``, ``partition``, ``hba``, ``storage-group``,
``storage-volume``, ``virtual-storage-resource``, ``job``; internal: ``boot-script``, ``counter``, ``told-path``.
Changes made since the last commit can be taken back, so a refused request leaves nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moorage.mock_hmc.store import Resource, Store


class Model:
    """The resources, indexed by URI and by (parent, kind). Not thread-safe: the caller holds the one lock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_uri: dict[str, Resource] = {}
        self._children: defaultdict[tuple[str, str], dict[str, Resource]] = defaultdict(dict)
        self._kinds: defaultdict[str, dict[str, Resource]] = defaultdict(dict)
        self._before: dict[str, Resource | None] = {}
        for resource in store.load():
            self._index(resource)

    def get(self, uri: str, kind: str) -> Resource | None:
        """The resource with this URI, or None if there is none of that kind."""
        resource = self._by_uri.get(uri)
        return resource if resource is not None and resource.kind == kind else None

    def children(self, parent: str, kind: str) -> list[Resource]:
        return list(self._children[parent, kind].values())

    def of_kind(self, kind: str) -> list[Resource]:
        return list(self._kinds[kind].values())

    def put(self, resource: Resource) -> Resource:
        """Add a resource, or replace the one with the same URI."""
        self._remember(resource.uri)
        self._index(resource)
        return resource

    def change(self, resource: Resource, props: Mapping[str, Any]) -> Resource:
        """Replace some properties; returns the resource as it is now."""
        current = self._by_uri[resource.uri]
        return self.put(replace(current, props={**current.props, **props}))

    def remove(self, uri: str) -> None:
        self._remember(uri)
        self._unindex(uri)

    def commit(self) -> None:
        """Write what was changed since the last commit."""
        if not self._before:
            return
        changed = [self._by_uri[uri] for uri in self._before if uri in self._by_uri]
        removed = [uri for uri, old in self._before.items() if old is not None and uri not in self._by_uri]
        self._store.write(changed, removed)
        self._before.clear()

    def rollback(self) -> None:
        """Take back what was changed since the last commit."""
        for uri, old in self._before.items():
            if old is None:
                self._unindex(uri)
            else:
                self._index(old)
        self._before.clear()

    def _remember(self, uri: str) -> None:
        self._before.setdefault(uri, self._by_uri.get(uri))

    def _index(self, resource: Resource) -> None:
        self._by_uri[resource.uri] = resource
        self._children[resource.parent, resource.kind][resource.uri] = resource
        self._kinds[resource.kind][resource.uri] = resource

    def _unindex(self, uri: str) -> None:
        resource = self._by_uri.pop(uri, None)
        if resource is not None:
            del self._children[resource.parent, resource.kind][uri]
            del self._kinds[resource.kind][uri]
