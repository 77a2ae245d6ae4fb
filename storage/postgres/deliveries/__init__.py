"""Episodes and deliveries: the statements that carry the engine.

PostgreSQL first, Redis second, always. Each function is one short transaction for a batch: it locks in key order, chats
before episodes before deliveries, and decides on rows that nobody else can change. The lock is a statement of its own,
so that the next one sees what the previous holder has committed.

The version of a row is its fence: a claim takes a scheduled row, or one that is being sent under an older claim that
never passed. In an ended episode a claim takes nothing back: Redis may have lost the mark, so what is being sent there
is left to the reaper. An episode older than the campaign's start, which began while a stop or the end of a shadow was
ending the others, finds its campaign stopped. Facts (sent, failed, unknown) are recorded whoever reports them, wishes
only for the holder of the version.
"""
