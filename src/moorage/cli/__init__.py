"""Commands: parse, call, print. No rules live here."""
