-- Mends chats of which Redis has only half: a state without a timer is armed for its due, and a timer without a state is
-- taken out. Safe to repeat.
-- Atomic because a touch or a claim in between writes both halves.
-- Begins with packed_state
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1..] chat  at most 512
-- Returns one code for each chat, in order
-- 0 WHOLE
-- 1 ARMED
-- 2 DROPPED
local reply = {}
for i = 1, #ARGV do
  local state = packed(redis.call('HGET', KEYS[2], ARGV[i]))
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  reply[#reply + 1] = 0
  if state and not score then
    redis.call('ZADD', KEYS[1], number(state, 17) % 2^49, ARGV[i])
    reply[#reply] = 1
  elseif score and not state then
    redis.call('ZREM', KEYS[1], ARGV[i])
    reply[#reply] = 2
  end
end
return reply
