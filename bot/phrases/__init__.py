"""What is shown, in the words of its admins: no screen of its own, and used by several."""
