-- Notes what has ended by itself under the keys of some slots (`keys.lua`), as far as this primary has them. It is about its own
-- slots, of which a call could name those of one alone.
--
-- ARGV[1]  from which slot
-- ARGV[2]  to which
--
-- Answers {content, ...}: those where somebody has ended (`reactions.lua`)
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local due = {}
for slot = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local before = string.format('larder:{%d}:', slot)
  local ended = redis.pcall('ZRANGE', before .. 'ends', '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 50)
  for _, name in ipairs(ended) do
    if redis.pcall('EXISTS', before .. 'v:' .. name) == 0 then
      redis.call('ZREM', before .. 'ends', name)
      redis.call('ZREM', before .. 'keys', name)
      note('expired', name)
    end
  end
  local contents = redis.pcall('ZRANGE', before .. 'due', '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 50)
  for _, content in ipairs(contents) do due[#due + 1] = content end
end
return due
