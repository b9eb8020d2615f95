"""What operators see of a running Moorage."""
