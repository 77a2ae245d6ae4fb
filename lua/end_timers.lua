-- Takes chats out, whatever they were waiting for: blocked, opted out, paid, stopped, erased.
-- Atomic because a timer without its state, or a state without its timer, would be an orphan.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> "version seen due mark opaque"
-- ARGV[1..] chat  at most 512
-- Returns chat, mark, opaque of each episode that was interrupted
local reply = {}
for i = 1, #ARGV do
  local state = redis.call('HGET', KEYS[2], ARGV[i])
  local mark, opaque = string.match(state or '', '^%d+ %d+ %d+ (%d) (.+)$')
  if mark then
    reply[#reply + 1] = ARGV[i]
    reply[#reply + 1] = mark
    reply[#reply + 1] = opaque
  end
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('ZREM', KEYS[1], ARGV[i])
end
return reply
