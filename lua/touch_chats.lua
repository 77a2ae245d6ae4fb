-- Takes signs of life in: gives each chat a new version, and moves its one timer to the new deadline.
-- A dated sign counts only if its second is newer than the last seen, or if that is later than now: the clock was put
-- back. Without a threshold a chat is disarmed instead.
-- Atomic because nobody may see a chat's version, last seen and score apart.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- KEYS[3] bot     HASH generation and the feed
-- ARGV[1] now_us     0, or the clock of a test in us
-- ARGV[2] threshold  ms of silence, -1 arms nothing
-- ARGV[3..] chat, seen  pairs, at most 512; seen in ms, 0 counts as now
-- Returns {now_ms, generation or "", nearest due in ms or -1, then chat, mark, opaque of each interrupted episode}
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
local threshold = tonumber(ARGV[2])
local reply = {now, redis.call('HGET', KEYS[3], 'generation') or '', -1}

for i = 3, #ARGV, 2 do
  local chat, given = ARGV[i], tonumber(ARGV[i + 1])
  local seen = given == 0 and now or math.min(given, now)
  local state = packed(redis.call('HGET', KEYS[2], chat))
  local last = state and number(state, 9) or 0
  local newer = not state or given == 0 or last > now or math.floor(seen / 1000) > math.floor(last / 1000)
  if newer and state and #state > 24 then
    reply[#reply + 1] = chat
    reply[#reply + 1] = number(state, 17) < 2^49 and 0 or 1
    reply[#reply + 1] = string.sub(state, 25)
  end
  if newer and threshold < 0 then
    redis.call('HDEL', KEYS[2], chat)
    redis.call('ZREM', KEYS[1], chat)
  elseif newer then
    local fence = math.max(now_us, state and number(state, 1) + 1 or 0)
    local last_seen = math.max(seen, last)
    local due = last_seen + threshold
    redis.call('HSET', KEYS[2], chat, digits(fence) .. digits(last_seen) .. digits(due))
    redis.call('ZADD', KEYS[1], due, chat)
  end
end

local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local plain = redis.call('ZRANGEBYSCORE', KEYS[1], 0, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if first[2] then
  local score = tonumber(first[2])
  reply[3] = score < 0 and score + urgency or score
  if plain[2] then reply[3] = math.min(reply[3], tonumber(plain[2])) end
end
return reply
