"""The servers of one machine: Valkey and PostgreSQL from wheels, started, found again and stopped."""
