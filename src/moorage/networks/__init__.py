"""Provider networks: which there are stands in the configuration; ports on them are rows."""
