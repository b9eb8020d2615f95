"""HOT, the Heat Orchestration Template language: read, checked and evaluated. Pure: no rows, no outside world.

``document`` reads a template, ``scope`` is a template with the values of its parameters, ``functions`` evaluates what
stands in it, ``types`` says what resources there are and ``check`` whether a stack could be made of it all.
"""
