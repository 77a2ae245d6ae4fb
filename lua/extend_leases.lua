-- Renews the leases that are still held. A deadline is only ever put off: a renewal that comes after the same version
-- was settled would otherwise bring the chat back long before its due.
-- Atomic because a lease that was lost in between must not be taken back from its new holder.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] lease   ms
-- ARGV[3..] chat, version  pairs, at most 512
-- Returns one code for each pair, in order
-- 0 STALE
-- 1 CURRENT
local function number(state, at)
  local a, b, c, d, e, f, g, h = string.byte(state, at, at + 7)
  return ((((((a * 128 + b) * 128 + c) * 128 + d) * 128 + e) * 128 + f) * 128 + g) * 128 + h
end
local function digits(n)
  local a, b, c, d, e, f, g = n % 2^7, n % 2^14, n % 2^21, n % 2^28, n % 2^35, n % 2^42, n % 2^49
  local low, high = (b - a) / 2^7, (n - g) / 2^49
  return string.char(high, (g - f) / 2^42, (f - e) / 2^35, (e - d) / 2^28, (d - c) / 2^21, (c - b) / 2^14, low, a)
end
local function packed(state)
  local version, seen, due, mark, opaque = string.match(state or '', '^(%d+) (%d+) (%d+) (%d) (.*)$')
  return version and digits(version) .. digits(seen) .. digits(due + mark * 2^49) .. opaque or state
end

local time = redis.call('TIME')
local now_us = tonumber(ARGV[1])
if now_us == 0 then now_us = time[1] * 1000000 + time[2] end
local urgency = 4398046511104
local lease = math.floor(now_us / 1000) + ARGV[2] - urgency

local reply = {}
for i = 3, #ARGV, 2 do
  local state = packed(redis.call('HGET', KEYS[2], ARGV[i]))
  local current = state and number(state, 1) == tonumber(ARGV[i + 1])
  if current then redis.call('ZADD', KEYS[1], 'XX', 'GT', lease, ARGV[i]) end
  reply[#reply + 1] = current and 1 or 0
end
return reply
