"""The room of the manager bot, in which admins compose, try and publish."""
