"""What does the sender's memory do while big files go out? Read `question` first, then `report`."""
