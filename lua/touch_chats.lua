-- Takes signs of life in: gives each chat a new version, and moves its one timer to the new deadline.
-- A dated sign counts only if its second is newer than the last seen, or if that is later than now: the clock was put
-- back. Without a threshold a chat is disarmed instead.
-- Atomic because nobody may see a chat's version, last seen and score apart.
-- Begins with clock, packed_state, urgency, nearest_due
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- KEYS[3] bot     HASH generation and the feed
-- ARGV[1] now_us     0, or the clock of a test in us
-- ARGV[2] threshold  ms of silence, -1 arms nothing
-- ARGV[3..] chat, seen  pairs, at most 512; seen in ms, 0 counts as now
-- Returns {now_ms, generation or "", nearest due in ms or -1, then chat, mark, opaque of each interrupted episode}
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

reply[3] = nearest_due(KEYS[1])
return reply
