-- Mends chats of which Redis has only half: a state without a timer is armed for its due, and a timer without a state is
-- taken out. Safe to repeat.
-- Atomic because a touch or a claim in between writes both halves.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1..] chat  at most 512
-- Returns one code for each chat, in order
-- 0 WHOLE
-- 1 ARMED
-- 2 DROPPED
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
