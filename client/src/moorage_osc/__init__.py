"""Mends the ``openstack dataprocessing`` commands."""
