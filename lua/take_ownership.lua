-- Takes, renews or releases what one process at a time may hold: a shard, or a bot's feed.
-- A process that takes it over gets a higher epoch than any before. After a release the epoch stays, without an owner.
-- Atomic because two processes must never both believe that they hold it.
-- Begins with clock
-- KEYS[1] held    STRING "owner epoch", with a lifetime
-- ARGV[1] now_us  0, or the clock of a test in us
-- ARGV[2] owner   the process that asks; a word without spaces
-- ARGV[3] ttl     ms until it is free again, unless renewed; 0 releases it
-- ARGV[4] floor   the epoch is at least this
-- Returns {code, epoch}
-- 0 OTHERS
-- 1 OURS
local owner, epoch = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%d+)$')
epoch = tonumber(epoch or 0)
if owner and owner ~= '-' and owner ~= ARGV[2] then return {0, epoch} end

local ours, ttl, floor = owner == ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if ttl == 0 then
  if ours then redis.call('SET', KEYS[1], string.format('- %.0f', epoch), 'KEEPTTL') end
  return {0, epoch}
end
if not ours or epoch < floor then epoch = math.max(now, floor, epoch + 1) end
redis.call('SET', KEYS[1], string.format('%s %.0f', ARGV[2], epoch), 'PX', ttl)
return {1, epoch}
