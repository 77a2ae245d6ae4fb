"""What every process is made of: command, signals, resources, logs, metrics, batches, news of changes."""
