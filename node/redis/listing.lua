-- Some keys of some slots in their order, of which some may have ended.
--
-- KEYS     larder:{slot}:keys of each slot, as in `keys.lua`
-- ARGV[1]  how they begin
-- ARGV[2]  in the first slot: from which place on
-- ARGV[3]  how many at the most, but for those at one place
-- ARGV[4]  how many are looked at
--
-- Answers {{place up to which all of a slot are told, '' for all, {key, place, ...}}, ...}, of as many slots as it came to
local prefix, limit, left = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local from = ARGV[2]
local answer = {}

local function some(slot)
  local found, last = {}, ''
  local seen = redis.call('ZRANGE', slot, from, '+inf', 'BYSCORE', 'LIMIT', 0, left, 'WITHSCORES')
  for at = 1, #seen, 2 do
    if #found >= 2 * limit and seen[at + 1] ~= last then return { last, found } end
    last = seen[at + 1]
    if string.sub(seen[at], 1, #prefix) == prefix then
      found[#found + 1] = seen[at]
      found[#found + 1] = last
    end
  end
  if #seen / 2 < left then
    left = left - #seen / 2
    return { '', found }
  end
  -- There may be more at the last place.
  while #found > 0 and found[#found] == last do
    found[#found], found[#found - 1] = nil, nil
  end
  return { string.format('%.0f', last - 1), found }
end

for at, slot in ipairs(KEYS) do
  local told = some(slot)
  answer[at] = told
  limit = limit - #told[2] / 2
  if told[1] ~= '' or limit <= 0 then break end
  from = 0
end
return answer
