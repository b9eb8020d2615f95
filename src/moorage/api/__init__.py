"""The OpenStack-compatible HTTP surface: parse, authenticate, authorise, call a service or submit an operation."""
