-- Renews the leases that are still held. A deadline is only ever put off: a renewal that comes after the same version
-- was settled would otherwise bring the chat back long before its due.
-- Atomic because a lease that was lost in between must not be taken back from its new holder.
-- Begins with clock, packed_state, urgency
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] lease   ms
-- ARGV[3..] chat, version  pairs, at most 512
-- Returns one code for each pair, in order
-- 0 STALE
-- 1 CURRENT
local lease = now + ARGV[2] - urgency

local reply = {}
for i = 3, #ARGV, 2 do
  local state = packed(redis.call('HGET', KEYS[2], ARGV[i]))
  local current = state and number(state, 1) == tonumber(ARGV[i + 1])
  if current then redis.call('ZADD', KEYS[1], 'XX', 'GT', lease, ARGV[i]) end
  reply[#reply + 1] = current and 1 or 0
end
return reply
