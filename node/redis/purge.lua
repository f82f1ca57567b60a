-- What was said against responses: no fetch that is under way stores anything in these slots any more. Which there are is
-- answered, so that each is forgotten by itself (`response.lua`).
--
-- KEYS     of each slot larder:{slot}:fence and larder:{slot}:responses, as in `response.lua`
-- ARGV[1]  what tells this write from all others, or '' where that was said already
-- ARGV[2]  behind which name, as ZRANGE BYLEX has it
-- ARGV[3]  up to which
-- ARGV[4]  how many of each slot
--
-- Answers {{name, ...}, ...}, a list a slot
local answer = {}
for at = 1, #KEYS, 2 do
  if ARGV[1] ~= '' then redis.call('SET', KEYS[at], ARGV[1], 'XX', 'PX', 3600000) end
  answer[#answer + 1] = redis.call('ZRANGE', KEYS[at + 1], ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4])
end
return answer
