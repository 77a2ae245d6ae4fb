"""The second port: the page and what plays and watches through it."""
