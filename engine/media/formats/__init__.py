"""Forms of media files, each walked from its beginning to its end, as Telegram's own readers walk it.

A walk tells whether a file is whole. It is no stricter than a player: what follows the end and parts that nobody knows
are passed over. It reads piece by piece and takes no more steps than `FileReader` allows, whatever the file says.
"""
