"""Volumes, types and snapshots; ``ports`` says what a storage backend must do."""
