"""Field maps written out by hand in plain Python: what the declared ones are measured against."""
