-- Sets what happens next to each chat that is still held: its next state and due, or its removal.
-- Safe to repeat. The mark is taken away, the version stays, and only touches change the last seen.
-- Atomic because a touch in between must not be overwritten by a decision that did not know of it.
-- Begins with packed_state, urgency
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1..] chat, version, due, urgent, opaque  fives, at most 512; due in ms, -1 removes; urgent 0 or 1
-- Returns one code for each five, in order
-- 0 STALE
-- 1 CURRENT
local reply = {}
for i = 1, #ARGV, 5 do
  local chat, due = ARGV[i], tonumber(ARGV[i + 2])
  local state = packed(redis.call('HGET', KEYS[2], chat))
  local current = state and number(state, 1) == tonumber(ARGV[i + 1])
  if current and due < 0 then
    redis.call('HDEL', KEYS[2], chat)
    redis.call('ZREM', KEYS[1], chat)
  elseif current then
    redis.call('HSET', KEYS[2], chat, string.sub(state, 1, 16) .. digits(due) .. ARGV[i + 4])
    redis.call('ZADD', KEYS[1], due - ARGV[i + 3] * urgency, chat)
  end
  reply[#reply + 1] = current and 1 or 0
end
return reply
