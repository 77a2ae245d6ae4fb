"""The second port: the page, the control API, and the people who play scripts."""
