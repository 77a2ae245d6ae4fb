-- Takes chats out, whatever they were waiting for: blocked, opted out, paid, stopped, erased.
-- Atomic because a timer without its state, or a state without its timer, would be an orphan.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1..] chat  at most 512
-- Returns chat, mark, opaque of each episode that was interrupted
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
  if state and #state > 24 then
    reply[#reply + 1] = ARGV[i]
    reply[#reply + 1] = number(state, 17) < 2^49 and 0 or 1
    reply[#reply + 1] = string.sub(state, 25)
  end
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('ZREM', KEYS[1], ARGV[i])
end
return reply
