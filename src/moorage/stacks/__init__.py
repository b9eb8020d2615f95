"""Stacks: groups of servers, volumes and networks that a HOT document describes, made and removed as one."""
