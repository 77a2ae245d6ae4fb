"""How fast does the manager show its screens, and how many statements does each take?"""
