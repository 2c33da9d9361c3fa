"""The results of the measurements as tables and plots: `python -m bench.report`."""
