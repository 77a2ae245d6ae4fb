-- Raises a bot's feed watermark: every update up to it is surely taken in. It goes back only after a claim has noticed
-- that the clock was put back, with a look that began later. Only the holder of the feed confirms, in the run that it
-- knows: one that stood still, or whose touches the server may have dropped, knows too little.
-- Atomic because holder, run, clock and watermark are compared together.
-- Begins with clock, server_run, urgency, nearest_due
-- KEYS[1] bot     HASH watermark, turned
-- KEYS[2] poll    STRING "owner epoch"
-- KEYS[3] timers  ZSET chat -> score
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] holder  "owner epoch" of the process that confirms
-- ARGV[3] run     of the server, as the holder knows it
-- ARGV[4] upto    ms; 0 is now
-- ARGV[5] least   ms; if it is earlier now, the clock was put back since the look began, and tells nothing
-- Returns {code, now_ms, nearest due in ms or -1}
-- 0 OTHERS
-- 1 OURS
if redis.call('GET', KEYS[2]) ~= ARGV[2] or (run and run ~= ARGV[3]) then return {0, now, -1} end

local upto = tonumber(ARGV[4])
if upto == 0 then upto = now end
local known = redis.call('HMGET', KEYS[1], 'watermark', 'turned')
local turned = tonumber(known[2])
local is_known = now >= tonumber(ARGV[5])
if is_known and not turned then
  local watermark = math.max(tonumber(known[1] or 0), math.min(upto, now))
  redis.call('HSET', KEYS[1], 'watermark', string.format('%.0f', watermark))
elseif is_known and turned <= upto and upto <= now then
  redis.call('HSET', KEYS[1], 'watermark', string.format('%.0f', upto))
  redis.call('HDEL', KEYS[1], 'turned')
end

return {1, now, nearest_due(KEYS[3])}
