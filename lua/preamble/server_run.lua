-- The server's run; nil where INFO is forbidden. Timers are whole if they have a generation, and their run is this one,
-- unless either is unknown. A run that an earlier release wrote is another one, because it wrote other states.
local run = string.match(tostring(redis.pcall('INFO', 'server')), 'run_id:(%x+)')
local function is_whole(generation, written)
  local known = string.match(written or ' packed', '^(.*) packed$')
  return generation and known and (not run or known == '' or known == run)
end
