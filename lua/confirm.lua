-- Raises a bot's feed watermark to the server's now: every update up to it is surely taken in.
-- Atomic because the clock is read and written down in one breath, and a watermark never goes back.
-- KEYS[1] bot     HASH generation and the feed
-- ARGV[1] now_us  0, or the clock of a test in us
-- Returns {now_ms}
local time = redis.call('TIME')
local now_us = tonumber(ARGV[1])
if now_us == 0 then now_us = time[1] * 1000000 + time[2] end
local now = math.floor(now_us / 1000)

local watermark = tonumber(redis.call('HGET', KEYS[1], 'watermark') or 0)
redis.call('HSET', KEYS[1], 'watermark', string.format('%.0f', math.max(watermark, now)))
return {now}
