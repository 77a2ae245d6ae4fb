"""Does a backup hold up the sending?

`readers` are what is in the way: a program that reads everything for a minute, and `pg_dump` again and again. `judge`
(pure) says how late each message was. `question` runs it all.
"""
