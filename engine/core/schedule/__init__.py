"""When: schedules, sending hours, cities and time zones."""
