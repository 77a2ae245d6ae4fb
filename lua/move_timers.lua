-- Moves the due of chats that wait, unless they are leased, or in another episode by now.
-- A lease that is over counts as none: its holder asks PostgreSQL before it acts. Its mark stays: a send may have left.
-- A chat whose episode Redis does not know yet is in it all the same, if it was last seen in that silence's second.
-- Atomic because a claim or a touch in between must not be overwritten by a decision that did not know of it.
-- Begins with clock, packed_state, urgency
-- KEYS[1] timers  ZSET chat -> score
-- KEYS[2] state   HASH chat -> packed version, seen, due with mark, opaque
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2..] chat, start, silent, due, opaque  fives, at most 512; start of the opaque now, "" is none; silent since, in ms
-- Returns one code for each five, in order
-- 0 ELSEWHERE
-- 1 MOVED
-- 2 ABSENT
local reply = {}

local function is_there(seen, mark, opaque, start, silent)
  if opaque ~= '' then return start ~= '' and string.sub(opaque, 1, #start) == start end
  return math.floor(seen / 1000) == math.floor(silent / 1000) and (start ~= '' or mark == 0)
end

for i = 2, #ARGV, 5 do
  local chat, due = ARGV[i], tonumber(ARGV[i + 3])
  local state = packed(redis.call('HGET', KEYS[2], chat))
  local was = state and number(state, 17) or 0
  local mark = was - was % 2^49
  local score = tonumber(redis.call('ZSCORE', KEYS[1], chat) or 0)
  local urgent = score < 0 and score + urgency == was - mark
  local leased = score < 0 and not urgent and score + urgency > now
  if not state then
    reply[#reply + 1] = 2
  elseif leased or not is_there(number(state, 9), mark, string.sub(state, 25), ARGV[i + 1], ARGV[i + 2]) then
    reply[#reply + 1] = 0
  else
    redis.call('HSET', KEYS[2], chat, string.sub(state, 1, 16) .. digits(due + mark) .. ARGV[i + 4])
    redis.call('ZADD', KEYS[1], due - (urgent and urgency or 0), chat)
    reply[#reply + 1] = 1
  end
end
return reply
