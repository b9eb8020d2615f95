"""Embedded identity: domains, projects, users, groups, roles, and the tokens that prove who asks."""
