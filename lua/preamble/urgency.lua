-- An urgent timer has a score that is less than its due by this, so that it comes before every plain one.
local urgency = 4398046511104
