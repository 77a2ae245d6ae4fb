"""What admins may do and see, by whichever door: each use case reads, decides, and writes with audit."""
