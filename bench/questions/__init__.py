"""The questions that the bench can answer, a folder for each: the command is the name of the folder."""
