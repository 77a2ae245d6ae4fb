-- The server's clock, or the clock of a test: now_us in us, now in ms. The script's first argument is now_us.
local time = redis.call('TIME')
local now_us = tonumber(ARGV[1])
if now_us == 0 then now_us = time[1] * 1000000 + time[2] end
local now = math.floor(now_us / 1000)
