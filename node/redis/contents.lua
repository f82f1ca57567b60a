-- The contents of some slots, some of each.
--
-- KEYS     larder:{slot}:activity of each slot, as in `reactions.lua`
-- ARGV[1]  how they begin
-- ARGV[2]  where it goes on, '0' at the beginning
--
-- Answers {{where it goes on, '0' at the end, {content, ...}}, ...}, a list a slot
local answer = {}
for slot = 1, #KEYS do
  local scanned = redis.call('ZSCAN', KEYS[slot], ARGV[2], 'COUNT', 500)
  local found = {}
  for at = 1, #scanned[2], 2 do
    local content = scanned[2][at]
    if string.sub(content, 1, #ARGV[1]) == ARGV[1] then found[#found + 1] = content end
  end
  answer[slot] = { scanned[1], found }
end
return answer
