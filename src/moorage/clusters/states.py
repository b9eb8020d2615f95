"""In which states is a cluster? The words are Sahara's, and so are the ways between them."""

from __future__ import annotations

VALIDATING = "Validating"
INFRA_UPDATING = "InfraUpdating"
SPAWNING = "Spawning"
WAITING = "Waiting"
PREPARING = "Preparing"
CONFIGURING = "Configuring"
STARTING = "Starting"
ACTIVE = "Active"
DECOMMISSIONING = "Decommissioning"
SCALING = "Scaling"
SCALING_SPAWNING = "Scaling: Spawning"
SCALING_WAITING = "Scaling: Waiting"
SCALING_PREPARING = "Scaling: Preparing"
ROLLBACK_SPAWNING = "Rollback: Spawning"
DELETING = "Deleting"
ERROR = "Error"

# Types of provision steps, at most 36 characters
ENGINE_CREATE = "Engine: create cluster"
ENGINE_SCALE = "Engine: scale cluster"
ENGINE_ROLLBACK = "Engine: rollback cluster"
ENGINE_SHUTDOWN = "Engine: shutdown cluster"
PLUGIN_CONFIGURE = "Plugin: configure cluster"
PLUGIN_START = "Plugin: start cluster"
PLUGIN_DECOMMISSION = "Plugin: decommission cluster"

# Names of provision steps
CREATE_BOOT_VOLUMES = "Create boot volumes"
CREATE_STACK = "Create Heat stack"
ASSIGN_IPS = "Assign IPs"
WAIT_FOR_NODES = "Wait for instance accessibility"
CONFIGURE_INSTANCES = "Configure instances"
START_PROCESSES = "Start processes"
DECOMMISSION = "Decommission nodes"
REMOVE_NODES = "Remove nodes"
