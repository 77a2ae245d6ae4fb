"""Keys and what they protect: tokens at rest, signed links."""
