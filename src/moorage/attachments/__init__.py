"""The one truth about "volume V on server S": the record, its states, and what changes them."""
