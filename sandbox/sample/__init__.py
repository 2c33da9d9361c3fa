"""Made-up submissions on real incidents, with planted faults: `build` says what must become of each."""
