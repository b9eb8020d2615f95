"""Which failures leave the effect open, and which are a definite no."""

from __future__ import annotations

import pytest
import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults


def answer(status: int, reason: int) -> zhmcclient.HTTPError:
    return zhmcclient.HTTPError({"http-status": status, "reason": reason, "message": "said so"})


@pytest.mark.parametrize(("status", "reason"), [(500, 12), (503, 999), (409, 2), (429, 0)])
def test_server_errors_and_busy_leave_the_effect_open(status: int, reason: int) -> None:
    with (
        pytest.raises(errors.Unknown, match=f"boot of s: HMC answered {status},{reason}"),
        faults.translated("boot of s"),
    ):
        raise answer(status, reason)


@pytest.mark.parametrize(("status", "reason"), [(400, 7), (403, 1), (404, 1), (409, 1)])
def test_other_answers_are_a_definite_no(status: int, reason: int) -> None:
    with pytest.raises(errors.Refused, match="said so"), faults.translated("boot of s"):
        raise answer(status, reason)


@pytest.mark.parametrize(
    "error",
    [
        zhmcclient.ConnectionError("cut", None),
        zhmcclient.ReadTimeout("late", None, 60, 1),
        zhmcclient.ParseError("not JSON"),
    ],
)
def test_no_usable_answer_leaves_the_effect_open(error: zhmcclient.Error) -> None:
    with pytest.raises(errors.Unknown, match="no answer"), faults.translated("boot of s"):
        raise error


def test_errors_of_our_own_pass_unchanged() -> None:
    with pytest.raises(errors.ConfigError, match="as it was"), faults.translated("boot of s"):
        raise errors.ConfigError("as it was")
