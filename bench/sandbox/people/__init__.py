"""People who write, tap, block and come back, by hand or by script."""
