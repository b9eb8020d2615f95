"""The rules of compute, one module per noun; each function works in the caller's transaction."""
