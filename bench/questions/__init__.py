"""The questions that the bench answers, a folder each, called by its name."""
