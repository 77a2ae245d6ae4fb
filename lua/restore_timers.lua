-- Puts chats back from PostgreSQL after Redis has lost them: only a chat that is absent here, was last seen earlier,
-- was touched again in the same second (a repeated touch knows neither the episode of its silence nor its mark), or
-- has lost its mark. Its version is newer than any that PostgreSQL has, even under an earlier clock.
-- Atomic because touches go on meanwhile, and a touch always knows better.
-- Begins with clock, packed_state
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] version  the newest that PostgreSQL has of these chats
-- ARGV[3..] chat, seen, due, mark, opaque  fives, at most 512; seen and due in ms
-- Returns one code for each five, in order
-- 0 KEPT
-- 1 RESTORED
local reply = {}
for i = 3, #ARGV, 5 do
  local chat = ARGV[i]
  local state = packed(redis.call('HGET', KEYS[2], chat))
  local given, mark = tonumber(ARGV[i + 1]), ARGV[i + 3] * 2^49
  local seen = state and number(state, 9) or 0
  local older = not state or seen < given or not redis.call('ZSCORE', KEYS[1], chat)
  local same = math.floor(seen / 1000) == math.floor(given / 1000)
  local poorer = state and same and ((#state == 24 and ARGV[i + 4] ~= '') or number(state, 17) < mark)
  if older or poorer then
    local fence = math.max(now_us, ARGV[2] + 1, state and number(state, 1) + 1 or 0)
    local next_state = digits(fence) .. digits(math.max(given, seen)) .. digits(ARGV[i + 2] + mark) .. ARGV[i + 4]
    redis.call('HSET', KEYS[2], chat, next_state)
    redis.call('ZADD', KEYS[1], ARGV[i + 2], chat)
  end
  reply[#reply + 1] = (older or poorer) and 1 or 0
end
return reply
