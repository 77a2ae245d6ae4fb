-- Notes which updates of a bot have come, and the number up to which none is missing (the floor). A gap is an update
-- that still waits at Telegram, or that another program has taken. After an idle week Telegram may restart the
-- numbering, and the count restarts too: a repeated delivery is near the floor, and none comes after a day.
-- Atomic because several receivers take updates in, and the floor must never pass an update that has not come.
-- Begins with clock
-- KEYS[1] came    ZSET number -> number, of those beyond the floor
-- KEYS[2] bot     HASH floor, arrived
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] floor   at least this, because nothing before it is still to come; 0 for none
-- ARGV[3..] number  at most 512
-- Returns {floor or -1, how many came beyond it, the highest that came or -1, 1 if the numbering has restarted}
local known = redis.call('HMGET', KEYS[2], 'floor', 'arrived')
local floor, idle = tonumber(known[1] or -1), now - tonumber(known[2] or now)
local most, far, day, week = 100000, 1000, 86400000, 604800000
local restarted = 0

local function is_restart(number)
  if floor < 0 then return false end
  return number < floor - far or (number <= floor and idle > day) or (number > floor + most and idle > week)
end

floor = math.max(floor, tonumber(ARGV[2]) == 0 and -1 or tonumber(ARGV[2]))
for i = 3, #ARGV do
  if is_restart(tonumber(ARGV[i])) then
    redis.call('UNLINK', KEYS[1])
    redis.call('HDEL', KEYS[2], 'floor')
    floor, restarted = -1, 1
  end
  if tonumber(ARGV[i]) > floor then redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i]) end
end
if #ARGV > 2 then redis.call('HSET', KEYS[2], 'arrived', string.format('%.0f', now)) end

local reply = {floor, 0, floor, restarted}
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
  return {-1, 0, -1, restarted}
end
return reply
