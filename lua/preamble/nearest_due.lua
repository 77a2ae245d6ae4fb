-- The nearest due in ms of a bot's timers, urgent or plain; -1 if there is none. Needs urgency.
local function nearest_due(timers)
  local first = redis.call('ZRANGE', timers, 0, 0, 'WITHSCORES')
  local plain = redis.call('ZRANGEBYSCORE', timers, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  local nearest = tonumber(first[2] or -1)
  if first[2] and nearest < 0 then nearest = nearest + urgency end
  return plain[2] and math.min(nearest, tonumber(plain[2])) or nearest
end
