"""Which volume attachments dangle, what is done about them, and on what proof? One engine, several callers."""
