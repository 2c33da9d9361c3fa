"""The national month: its intake, its pass, the bare script beside it, and what all of them took."""
