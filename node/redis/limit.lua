-- How much of a limit is used up, by GCRA (`limit.ts` among the entries), by the clock of the engine.
--
-- KEYS[1]  larder:{slot}:l:<key>, when it is full again, in ms; it is gone then
-- ARGV[1]  take, delete
-- ARGV[2]  of take: how much it holds
-- ARGV[3]  of take: over how many ms it refills
-- ARGV[4]  of take: how much to take, 0 to ask
--
-- Answers {'limit', allowed, ms until it is full, ms until there is enough} with numbers as text, {'deleted'}, {'missing'}
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + time[2] / 1000
local usedMs = math.max(0, (tonumber(redis.call('GET', KEYS[1]) or 0)) - nowMs)

if ARGV[1] == 'delete' then
  redis.call('DEL', KEYS[1])
  return { usedMs > 0 and 'deleted' or 'missing' }
end

local windowMs, cost = tonumber(ARGV[3]), tonumber(ARGV[4])
local eachMs = windowMs / tonumber(ARGV[2])
usedMs = math.min(usedMs, windowMs)
local wantedMs = usedMs + cost * eachMs
local overMs = wantedMs - windowMs
local isAllowed = overMs <= eachMs * 0.001
local fullMs = isAllowed and wantedMs or usedMs
if isAllowed and cost > 0 then
  redis.call('SET', KEYS[1], string.format('%.17g', nowMs + fullMs), 'PX', string.format('%.0f', math.ceil(fullMs)))
end
return { 'limit', isAllowed and 1 or 0, string.format('%.17g', fullMs), string.format('%.17g', overMs) }
