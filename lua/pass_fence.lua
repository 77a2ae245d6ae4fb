-- The last look before a send: is the version still current? If so, marks the chat as on the wire.
-- Nothing passes where a claim would find the timers LOST: the server may lack a touch that came since the claim.
-- Atomic because a touch between the look and the mark would let a message out to a person who is back.
-- KEYS[1] state  HASH chat -> packed version, seen, due with mark, opaque
-- KEYS[2] bot    HASH generation, run
-- ARGV[1..] chat, version  pairs, at most 512
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

local bot = redis.call('HMGET', KEYS[2], 'generation', 'run')
local run = string.match(tostring(redis.pcall('INFO', 'server')), 'run_id:(%x+)')
local known = string.match(bot[2] or ' packed', '^(.*) packed$')
local whole = bot[1] and known and (not run or known == '' or known == run)

local reply = {}
for i = 1, #ARGV, 2 do
  local state = packed(redis.call('HGET', KEYS[1], ARGV[i]))
  local current = whole and state and number(state, 1) == tonumber(ARGV[i + 1])
  if current then
    local due = digits(number(state, 17) % 2^49 + 2^49)
    redis.call('HSET', KEYS[1], ARGV[i], string.sub(state, 1, 16) .. due .. string.sub(state, 25))
  end
  reply[#reply + 1] = current and 1 or 0
end
return reply
