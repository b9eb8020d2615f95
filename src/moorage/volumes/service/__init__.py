"""The rules of block storage, one module per noun; each function works in the caller's transaction."""
