"""What all processes are made of: command, signals, the loop, resources, logs, metrics, batches, changes."""
