-- Raises a bot's feed watermark to the server's now: every update up to it is surely taken in.
-- Atomic because the clock is read and written down in one breath, and a watermark never goes back.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] bot     HASH generation and the feed
-- ARGV[1] now_us  0, or the clock of a test in us
-- Returns {now_ms, generation or "", nearest due in ms or -1}
local time = redis.call('TIME')
local now_us = tonumber(ARGV[1])
if now_us == 0 then now_us = time[1] * 1000000 + time[2] end
local now = math.floor(now_us / 1000)
local nearest = -1

local watermark = tonumber(redis.call('HGET', KEYS[2], 'watermark') or 0)
redis.call('HSET', KEYS[2], 'watermark', string.format('%.0f', math.max(watermark, now)))

local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local plain = redis.call('ZRANGEBYSCORE', KEYS[1], 0, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if first[2] then
  local score = tonumber(first[2])
  nearest = score < 0 and score + 4398046511104 or score
  if plain[2] then nearest = math.min(nearest, tonumber(plain[2])) end
end
return {now, redis.call('HGET', KEYS[2], 'generation') or '', nearest}
