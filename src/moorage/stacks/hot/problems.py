"""How is a mistake in a template told? With the resource, the property and the reason, as Heat's validation does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from moorage import errors


class Invalid(Exception):
    """A value is wrong. Whoever knows where it stands in the document adds the place."""


@contextlib.contextmanager
def at(place: str) -> Iterator[None]:
    """Tell what is invalid in the block as a mistake at ``place``, such as ``resources.w.properties.size``."""
    try:
        yield
    except Invalid as problem:
        raise errors.BadRequest(f"Property error: {place}: {problem}") from None
