"""What all screens share: signed buttons, checked presses, one live message, and one thing at a time per admin."""
