"""The embedded executor: turns a stack into what its document says, one look after the other.

``look`` is a stack with its resources as read in one transaction, ``levels`` the templates and groups in use in it,
``converge`` makes what is wanted, ``removal`` takes away what is not, ``news`` says when to look again.
"""
