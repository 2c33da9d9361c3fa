"""Adapters for the hub of the Single Online Home, in a package of their own."""
