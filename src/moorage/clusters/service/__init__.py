"""Rules and rows of clusters."""
