"""Load tests, a folder for each question, and the sandbox that they talk to. No product code imports the bench."""
