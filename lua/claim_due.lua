-- Claims what is due under new versions: a few that have only just fallen due, the newest first, then urgent ones, then
-- the longest due. LOST: no generation, or one of another run, which may have dropped marks. Nothing is later than the
-- feed's watermark and slack, and nothing is claimed once that is stale. A clock put back holds all until a look after it.
-- Atomic because two pollers must never hold the same timer under the same version.
-- Begins with clock, server_run, packed_state, urgency, nearest_due
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- KEYS[3] bot     HASH generation, run, epoch, watermark, turned, held
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] limit   at most this many members, 1 to 512
-- ARGV[3] lease   ms
-- ARGV[4] epoch   of the claiming poller
-- ARGV[5] slack   ms beyond the watermark
-- ARGV[6] fresh   this many of the limit go to what fell due in the last 30 s
-- ARGV[7] stale   ms after the watermark until which the feed counts as healthy
-- Returns {code, now_ms, nearest due in ms or -1 (HELD: until, FENCED: the higher epoch), generation, then chat, version, seen, due, mark, opaque of each}
-- 0 CLAIMED
-- 1 LOST
-- 2 FENCED
-- 3 HELD
local epoch = tonumber(ARGV[4])
local bot = redis.call('HMGET', KEYS[3], 'generation', 'epoch', 'watermark', 'held', 'run', 'turned')
if not is_whole(bot[1], bot[5]) then return {1, now, -1, ''} end
if bot[2] and tonumber(bot[2]) > epoch then return {2, now, tonumber(bot[2]), bot[1]} end
local limit, watermark, slack = tonumber(ARGV[2]), tonumber(bot[3] or 0), tonumber(ARGV[5])
local turned = tonumber(bot[6] or watermark) > now + slack
if turned then redis.call('HSET', KEYS[3], 'turned', string.format('%.0f', now), 'held', 0) end
if not turned and bot[4] and tonumber(bot[4]) > now then return {3, now, tonumber(bot[4]), bot[1]} end
if not bot[2] or tonumber(bot[2]) < epoch then redis.call('HSET', KEYS[3], 'epoch', ARGV[4]) end

local horizon = (turned or bot[6] or now > watermark + tonumber(ARGV[7])) and 0 or math.min(now, watermark + slack)
local reply, lease = {0, now, -1, bot[1]}, now + ARGV[3] - urgency
local function take(chats)
  limit = limit - #chats
  for _, chat in ipairs(chats) do
    local state = packed(redis.call('HGET', KEYS[2], chat))
    if state then
      local fence, due = math.max(now_us, number(state, 1) + 1), number(state, 17)
      redis.call('HSET', KEYS[2], chat, digits(fence) .. string.sub(state, 9))
      redis.call('ZADD', KEYS[1], lease, chat)
      local mark, opaque = due < 2^49 and 0 or 1, string.sub(state, 25)
      for _, part in ipairs({chat, fence, number(state, 9), due % 2^49, mark, opaque}) do reply[#reply + 1] = part end
    else
      redis.call('ZREM', KEYS[1], chat)
    end
  end
end
local since = string.format('(%.0f', math.max(-1, horizon - 30000))
take(redis.call('ZREVRANGEBYSCORE', KEYS[1], horizon, since, 'LIMIT', 0, math.min(limit, tonumber(ARGV[6]))))
take(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', horizon - urgency, 'LIMIT', 0, limit))
take(redis.call('ZRANGEBYSCORE', KEYS[1], 0, horizon, 'LIMIT', 0, limit))
reply[3] = nearest_due(KEYS[1])
return reply
