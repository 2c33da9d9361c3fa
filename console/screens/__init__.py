"""The screens that `soh-hub serve` shows: one process on loopback, pages made on the server, no script in any of them."""
