"""What an admin's message or press makes of a draft, its trials and its members."""
