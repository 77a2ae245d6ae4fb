-- The last look before a send: is the version still current? If so, marks the chat as on the wire.
-- Atomic because a touch between the look and the mark would let a message out to a person who is back.
-- KEYS[1] state  HASH chat -> "version seen due mark opaque"
-- ARGV[1..] chat, version  pairs, at most 512
-- Returns one code for each pair, in order
-- 0 STALE
-- 1 CURRENT
local reply = {}
for i = 1, #ARGV, 2 do
  local state = redis.call('HGET', KEYS[1], ARGV[i])
  local version, seen, due, _, opaque = string.match(state or '', '^(%d+) (%d+) (%d+) (%d) (.*)$')
  local current = version == ARGV[i + 1]
  if current then
    redis.call('HSET', KEYS[1], ARGV[i], table.concat({version, seen, due, '1', opaque}, ' '))
  end
  reply[#reply + 1] = current and 1 or 0
end
return reply
