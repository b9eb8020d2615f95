"""How is each type of resource made, looked at and removed? One module a type, all alike (``ports.Maker``)."""

from moorage.stacks.hot import types
from moorage.workflows.stack_resources import (
    port,
    server,
    server_group,
    volume,
    volume_attachment,
    wait_condition,
    wait_handle,
)
from moorage.workflows.stack_resources.ports import Maker

MAKERS: dict[str, Maker] = {
    types.SERVER: server,
    types.SERVER_GROUP: server_group,
    types.VOLUME: volume,
    types.VOLUME_ATTACHMENT: volume_attachment,
    types.PORT: port,
    types.WAIT_CONDITION: wait_condition,
    types.WAIT_HANDLE: wait_handle,
}
