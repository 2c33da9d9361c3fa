"""Messengers: how people hear of an alarm. None of them is given personal data (`docs/operate.md`, Alarms)."""
