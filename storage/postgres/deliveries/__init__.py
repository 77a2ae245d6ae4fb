"""Episodes and deliveries: the statements that carry the engine.

PostgreSQL first, Redis second, always. Each door is one short transaction for a batch: it locks in key order, chats
before episodes before deliveries, and decides on rows that nobody else can move. The lock is a statement of its own,
so that the next one sees what its holder has committed.

The row version is the fence: a claim takes a scheduled row, or a sending one of an older claim that never passed. In an
ended episode it takes nothing back: Redis may have lost the mark, so that what is being sent there is the reaper's.
To an episode older than the campaign's start, which began while a stop or the end of a shadow was ending the others,
the campaign is stopped. Facts (sent, failed, unknown) are taken from whoever brings them, wishes only from the holder
of the version.
"""
