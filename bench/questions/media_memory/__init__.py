"""How does the poller's memory grow while big files go out? Read `question` first, then `report`."""
