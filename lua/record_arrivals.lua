-- Notes which updates of a bot came by webhook, and the number up to which none is missing (the floor).
-- Telegram numbers updates one by one: a gap is an update that still waits there, whatever came after it.
-- Atomic because several receivers take updates in, and the floor must never pass an update that has not come.
-- KEYS[1] came    ZSET number -> number, of those beyond the floor
-- KEYS[2] bot     HASH floor
-- ARGV[1] floor   at least this, because nothing was pending; 0 for none
-- ARGV[2..] number  at most 512
-- Returns {floor or -1, how many came beyond it, the highest that came or -1}
local floor = tonumber(redis.call('HGET', KEYS[2], 'floor') or -1)
local most = 100000
floor = math.max(floor, tonumber(ARGV[1]) == 0 and -1 or tonumber(ARGV[1]))
for i = 2, #ARGV do
  if tonumber(ARGV[i]) > floor then redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i]) end
end

local reply = {floor, 0, floor}
if floor >= 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', floor))
  local first = redis.call('ZRANGE', KEYS[1], 0, 511)
  local run = 0
  while tonumber(first[run + 1]) == floor + run + 1 do run = run + 1 end
  if run > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, run - 1) end
  reply[1] = floor + run
  redis.call('HSET', KEYS[2], 'floor', string.format('%.0f', reply[1]))
end
reply[2] = redis.call('ZCARD', KEYS[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1)
reply[3] = tonumber(last[1] or reply[1])
if reply[2] > most then
  redis.call('UNLINK', KEYS[1])
  redis.call('HDEL', KEYS[2], 'floor')
  return {-1, 0, -1}
end
return reply
