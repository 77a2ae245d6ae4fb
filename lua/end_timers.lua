-- Takes chats out, whatever they were waiting for: blocked, opted out, paid, stopped, erased.
-- Atomic because a timer without its state, or a state without its timer, would be an orphan.
-- Begins with packed_state
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1..] chat  at most 512
-- Returns chat, mark, opaque of each episode that was interrupted
local reply = {}
for i = 1, #ARGV do
  local state = packed(redis.call('HGET', KEYS[2], ARGV[i]))
  if state and #state > 24 then
    reply[#reply + 1] = ARGV[i]
    reply[#reply + 1] = number(state, 17) < 2^49 and 0 or 1
    reply[#reply + 1] = string.sub(state, 25)
  end
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('ZREM', KEYS[1], ARGV[i])
end
return reply
