-- The last look before a send: is the version still current? If so, marks the chat as on the wire.
-- Nothing passes where a claim would find the timers LOST, or after a rebuild since the claim: the server may lack a
-- touch that came since.
-- Atomic because a touch between the look and the mark would let a message out to a person who is back.
-- Begins with server_run, packed_state
-- KEYS[1] state  HASH chat -> packed version, seen, due with mark, opaque
-- KEYS[2] bot    HASH generation, run
-- ARGV[1..] chat, version, generation  triples, at most 512; the generation is that of the claim
-- Returns one code for each triple, in order
-- 0 STALE
-- 1 CURRENT
local bot = redis.call('HMGET', KEYS[2], 'generation', 'run')
local whole = is_whole(bot[1], bot[2])

local reply = {}
for i = 1, #ARGV, 3 do
  local state = packed(redis.call('HGET', KEYS[1], ARGV[i]))
  local current = whole and bot[1] == ARGV[i + 2] and state and number(state, 1) == tonumber(ARGV[i + 1])
  if current then
    local due = digits(number(state, 17) % 2^49 + 2^49)
    redis.call('HSET', KEYS[1], ARGV[i], string.sub(state, 1, 16) .. due .. string.sub(state, 25))
  end
  reply[#reply + 1] = current and 1 or 0
end
return reply
