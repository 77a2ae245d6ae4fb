"""A month of many chats on a virtual clock: does every send agree with an oracle that shares no code with the engine?

`plan` and `edits` write what people and admins do, `world` lets the engine live through it minute by minute, `oracle`
says from the documents what should have been sent, and `judge` compares.
"""
