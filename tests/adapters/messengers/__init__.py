"""How people hear of an alarm, against real servers."""
