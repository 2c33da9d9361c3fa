"""Nothing leaves this machine while the tests run: every Python process of the run hears its own connections and says so."""
