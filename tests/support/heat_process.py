"""Heat's library behind a pipe: a line with a question comes in, a line with the answer goes out.

Everything that Heat would ask a cloud is answered with "it exists"; the rest is Heat's own code.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from unittest import mock

from heat.common import context as heat_context
from heat.common import messaging
from heat.db import api as heat_db
from heat.db import models
from heat.engine import constraints, environment, properties, resources, stack, template, translation
from heat.engine.clients.os import neutron, nova
from heat.engine.resources.openstack.nova import server
from oslo_config import cfg
from oslo_db import options

_LIMITS = {"maxServerMeta": 128, "maxPersonality": 5, "maxPersonalitySize": 10240}


def prepare() -> None:
    """Resource types loaded, an empty database in memory, and no cloud to ask."""
    options.set_defaults(cfg.CONF, connection="sqlite://")
    models.BASE.metadata.create_all(heat_db.get_engine())
    messaging.setup("fake:/", optional=True)
    resources.initialise()
    always: Any = mock.patch.multiple
    always(constraints.CustomConstraint, _is_valid=lambda *_: True).start()
    # Heat checks the values inside of nested templates only when it makes them
    with_values = properties.Properties.validate
    always(properties.Properties, validate=lambda self, with_value=True: with_values(self, True)).start()
    always(nova.NovaClientPlugin, is_version_supported=lambda *_: True).start()
    always(nova.NovaClientPlugin, absolute_limits=lambda *_: _LIMITS).start()
    always(neutron.NeutronClientPlugin, find_resourceid_by_name_or_id=lambda _self, _kind, name, **_o: name).start()
    always(neutron.NeutronClientPlugin, has_extension=lambda *_: True).start()
    always(server.Server, _validate_image_flavor=lambda *_: None).start()
    always(translation.Translation, translate=lambda _s, _n, value=None, *_a, **_k: value).start()


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """``error`` is what Heat says against the template; ``values`` those of its outputs if they are asked for."""
    try:
        made = _stack(question["template"], question["files"], question["parameters"])
        made.validate()
        outputs = made.outputs.items() if question.get("is_evaluated") else ()
        return {"values": {name: output.get_value() for name, output in outputs}, "error": None}
    except Exception as error:  # noqa: BLE001 - whatever Heat raises is its answer
        return {"values": None, "error": f"{type(error).__name__}: {error}"}


def _stack(document: Any, files: dict[str, str], parameters: dict[str, Any]) -> Any:
    context = heat_context.RequestContext(
        user_id="u", project_id="p", username="user", auth_token="t", auth_url="http://127.0.0.1:1/v3",
        is_admin=False, roles=["member"],
    )  # fmt: skip
    parsed = template.Template(document, files=files, env=environment.Environment({"parameters": parameters}))
    return stack.Stack(context, "checked", parsed)


def main() -> None:
    prepare()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line)), default=str), flush=True)


if __name__ == "__main__":
    main()
