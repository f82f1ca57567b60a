-- Some keys of some slots in their order, of which some may have ended.
--
-- KEYS     larder:{slot}:keys of each slot, as in `keys.lua`, and larder:{slot}:sets, as in `reactions.lua`
-- ARGV[1]  how they begin
-- ARGV[2]  in the first slot: from which place on
-- ARGV[3]  how many at the most, but for those at one place
-- ARGV[4]  how many are looked at
-- ARGV[5]  '1' where those that are sets are told too
--
-- Answers {{place up to which all of a slot are told, '' for all, {key, place, ...}}, ...}, of as many slots as it came to
local prefix, limit, left = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local from, hasSets = ARGV[2], ARGV[5] == '1'
local answer = {}

local function range(place)
  return redis.call('ZRANGE', place, from, '+inf', 'BYSCORE', 'LIMIT', 0, left, 'WITHSCORES')
end

-- Both in their order, a key that is in both once, and no more than were looked for.
local function merged(keys, sets)
  if #sets == 0 then return keys end
  local both, known, a, b = {}, {}, 1, 1
  while #both < 2 * left and (keys[a] or sets[b]) do
    local name, place
    if not sets[b] or (keys[a] and tonumber(keys[a + 1]) <= tonumber(sets[b + 1])) then
      name, place, a = keys[a], keys[a + 1], a + 2
    else
      name, place, b = sets[b], sets[b + 1], b + 2
    end
    if not known[name] then
      known[name] = true
      both[#both + 1] = name
      both[#both + 1] = place
    end
  end
  return both
end

local function some(slot)
  local found, last = {}, ''
  local seen = merged(range(KEYS[slot]), hasSets and range(KEYS[slot + 1]) or {})
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

for slot = 1, #KEYS, 2 do
  local told = some(slot)
  answer[#answer + 1] = told
  limit = limit - #told[2] / 2
  if told[1] ~= '' or limit <= 0 then break end
  from = 0
end
return answer
