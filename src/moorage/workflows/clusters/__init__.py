"""What happens to data-processing clusters: what may be asked for, and how it is carried out."""
