-- Puts chats back from PostgreSQL after Redis has lost them: only a chat that is absent here, was last seen earlier,
-- was touched again in the same second (a repeated touch knows neither the episode of its silence nor its mark), or
-- has lost its mark.
-- Atomic because touches go on meanwhile, and a touch always knows better.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> "version seen due mark opaque"
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2..] chat, seen, due, mark, opaque  fives, at most 512; seen and due in ms
-- Returns one code for each five, in order
-- 0 KEPT
-- 1 RESTORED
local time = redis.call('TIME')
local now_us = tonumber(ARGV[1])
if now_us == 0 then now_us = time[1] * 1000000 + time[2] end

local reply = {}
for i = 2, #ARGV, 5 do
  local chat = ARGV[i]
  local state = redis.call('HGET', KEYS[2], chat)
  local version, seen, _, mark, opaque = string.match(state or '', '^(%d+) (%d+) (%d+) (%d) (.*)$')
  local given = tonumber(ARGV[i + 1])
  local older = not version or tonumber(seen) < given
  local same = version and math.floor(seen / 1000) == math.floor(given / 1000)
  local poorer = same and ((opaque == '' and ARGV[i + 4] ~= '') or mark < ARGV[i + 3])
  if older or poorer then
    local fence = string.format('%.0f', math.max(now_us, version and version + 1 or 0))
    local last_seen = string.format('%.0f', math.max(given, tonumber(seen or 0)))
    redis.call('HSET', KEYS[2], chat, table.concat({fence, last_seen, ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]}, ' '))
    redis.call('ZADD', KEYS[1], ARGV[i + 2], chat)
  end
  reply[#reply + 1] = (older or poorer) and 1 or 0
end
return reply
