"""What may be done with ports, and how many a project may have."""
