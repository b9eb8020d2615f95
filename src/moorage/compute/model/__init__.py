"""What compute knows about, one module per noun."""
