-- Which of some slots have nothing in them, of those that this primary has; of others it knows nothing.
--
-- ARGV[1]  from which slot
-- ARGV[2]  to which
--
-- Answers {slot, ...}
local empty = {}
for slot = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local before = string.format('larder:{%d}:', slot)
  if redis.pcall('EXISTS', before .. 'keys') == 0 and redis.pcall('EXISTS', before .. 'activity') == 0 then
    empty[#empty + 1] = slot
  end
end
return empty
