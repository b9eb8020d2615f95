"""Compute: servers, flavors and what else describes a server. A driver below ``drivers`` makes them real."""
