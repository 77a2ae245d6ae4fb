-- Sets what happens next to each chat that is still held: its next state and due, or its removal.
-- Safe to repeat. The mark is taken away, the version stays, and only touches change the last seen.
-- Atomic because a touch in between must not be overwritten by a decision that did not know of it.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> "version seen due mark opaque"
-- ARGV[1..] chat, version, due, urgent, opaque  fives, at most 512; due in ms, -1 removes; urgent 0 or 1
-- Returns one code for each five, in order
-- 0 STALE
-- 1 CURRENT
local urgency = 4398046511104
local reply = {}
for i = 1, #ARGV, 5 do
  local chat, due = ARGV[i], tonumber(ARGV[i + 2])
  local state = redis.call('HGET', KEYS[2], chat)
  local version, seen = string.match(state or '', '^(%d+) (%d+) ')
  local current = version == ARGV[i + 1]
  if current and due < 0 then
    redis.call('HDEL', KEYS[2], chat)
    redis.call('ZREM', KEYS[1], chat)
  elseif current then
    redis.call('HSET', KEYS[2], chat, table.concat({version, seen, ARGV[i + 2], '0', ARGV[i + 4]}, ' '))
    redis.call('ZADD', KEYS[1], string.format('%.0f', due - ARGV[i + 3] * urgency), chat)
  end
  reply[#reply + 1] = current and 1 or 0
end
return reply
