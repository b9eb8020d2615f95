"""How long do calls of outside systems take, and how do they end? Each gets a duration, a span and a DEBUG line."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from moorage import errors
from moorage.telemetry import durations, tracing

T = TypeVar("T")
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def outside_call(
    system: str, driver: str, call: str, meaning: Callable[[Exception], Exception] = lambda error: error
) -> Iterator[None]:
    """One call; ``system`` is hypervisor, hmc or storage. Never names arguments: they may hold secrets.

    ``meaning`` gives the error of the family ``errors`` that another library's error stands for.
    """
    began, result = time.perf_counter(), "error"
    try:
        with tracing.span(f"{system} {call}", driver=driver):
            yield
        result = "ok"
    except Exception as problem:
        meant = meaning(problem)
        result = "unknown" if isinstance(meant, errors.Unknown) else result
        result = "refused" if isinstance(meant, errors.Refused | errors.Rejected) else result
        raise
    finally:
        took_s = time.perf_counter() - began
        durations.observe("outside_call", took_s, system=system, driver=driver, call=call, result=result)
        _log.debug("%s %s %s: %s in %.1f ms", system, driver, call, result, took_s * 1000)


class _Measured:
    """A driver with its methods wrapped one by one: run-time protocols still see which ones it has."""

    def __init__(self, driver: Any, system: str, name: str) -> None:
        self._driver = driver
        for method in dir(driver):
            if not method.startswith("_") and callable(found := getattr(driver, method)):
                self.__dict__[method] = _timed(found, system, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


def measured(driver: T, system: str, name: str) -> T:
    """The driver, each call of a public method measured."""
    return cast(T, _Measured(driver, system, name))


def _timed(method: Callable[..., Any], system: str, driver: str, name: str) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        with outside_call(system, driver, name):
            return method(*args, **named)

    return call
