-- Moves the due of chats that wait, unless they are leased, or in another episode by now.
-- A lease that is over counts as none: its holder asks PostgreSQL before it acts. Its mark stays: a send may have left.
-- A chat whose episode Redis does not know yet is in it all the same, if it was last seen in that silence's second.
-- Atomic because a claim or a touch in between must not be overwritten by a decision that did not know of it.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2..] chat, start, silent, due, opaque  fives, at most 512; start of the opaque now, "" is none; silent since, in ms
-- Returns one code for each five, in order
-- 0 ELSEWHERE
-- 1 MOVED
-- 2 ABSENT
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
local now = math.floor(now_us / 1000)
local urgency = 4398046511104
local reply = {}

local function is_there(seen, mark, opaque, start, silent)
  if opaque ~= '' then return start ~= '' and string.sub(opaque, 1, #start) == start end
  return math.floor(seen / 1000) == math.floor(silent / 1000) and (start ~= '' or mark == 0)
end

for i = 2, #ARGV, 5 do
  local chat, due = ARGV[i], tonumber(ARGV[i + 3])
  local state = packed(redis.call('HGET', KEYS[2], chat))
  local was = state and number(state, 17) or 0
  local mark = was - was % 2^49
  local score = tonumber(redis.call('ZSCORE', KEYS[1], chat) or 0)
  local urgent = score < 0 and score + urgency == was - mark
  local leased = score < 0 and not urgent and score + urgency > now
  if not state then
    reply[#reply + 1] = 2
  elseif leased or not is_there(number(state, 9), mark, string.sub(state, 25), ARGV[i + 1], ARGV[i + 2]) then
    reply[#reply + 1] = 0
  else
    redis.call('HSET', KEYS[2], chat, string.sub(state, 1, 16) .. digits(due + mark) .. ARGV[i + 4])
    redis.call('ZADD', KEYS[1], due - (urgent and urgency or 0), chat)
    reply[#reply + 1] = 1
  end
end
return reply
