"""The domain of the hub: reports, forces, mapping, quality, ledger, delivery, reconciliation."""
