"""The REST transport, for forces that host the platform's published endpoint (`docs/delivery.md`)."""
