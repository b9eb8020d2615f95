"""Durable operations, one file each: what is asked for (``request``), and the steps that bring it about (``run``)."""
