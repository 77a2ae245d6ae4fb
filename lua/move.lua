-- Plans the one due of chats that wait anew: nothing that is leased, on the wire, or in another episode by now.
-- A lease that is over counts as none: its holder asks PostgreSQL before it acts, and finds there what is due.
-- Atomic because a claim or a touch in between must not be overwritten by a decision that did not know of it.
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> "version seen due mark opaque"
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2..] chat, start, due, opaque  fours, at most 512; start of the opaque now, "" is none; due in ms
-- Returns one code for each four, in order
-- 0 ELSEWHERE
-- 1 MOVED
-- 2 ABSENT
local time = redis.call('TIME')
local now_us = tonumber(ARGV[1])
if now_us == 0 then now_us = time[1] * 1000000 + time[2] end
local now = math.floor(now_us / 1000)
local urgency = 4398046511104
local reply = {}
for i = 2, #ARGV, 4 do
  local chat, start = ARGV[i], ARGV[i + 1]
  local state = redis.call('HGET', KEYS[2], chat)
  local version, seen, due, mark, opaque = string.match(state or '', '^(%d+) (%d+) (%d+) (%d) (.*)$')
  local score = tonumber(redis.call('ZSCORE', KEYS[1], chat) or 0)
  local leased = score < 0 and score + urgency ~= tonumber(due or 0) and score + urgency > now
  local here = (start == '' and opaque == '') or (start ~= '' and string.sub(opaque or '', 1, #start) == start)
  if not version then
    reply[#reply + 1] = 2
  elseif leased or mark == '1' or not here then
    reply[#reply + 1] = 0
  else
    redis.call('HSET', KEYS[2], chat, table.concat({version, seen, ARGV[i + 2], '0', ARGV[i + 3]}, ' '))
    redis.call('ZADD', KEYS[1], ARGV[i + 2], chat)
    reply[#reply + 1] = 1
  end
end
return reply
