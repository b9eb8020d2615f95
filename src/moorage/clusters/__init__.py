"""Data-processing clusters: templates, clusters and their nodes, plugins, and the stack that a cluster becomes."""
