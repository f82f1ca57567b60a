-- A key as the one thing that it is: a value, a counter, or a set, which is the users of a content who show `member`. As
-- `node/entries/sole.ts` has it for members.
--
-- KEYS[1]  to KEYS[4], those of `counter.lua`, of which `value.lua` has the first ones
-- KEYS[5]  to KEYS[11], those of `reactions.lua`
-- ARGV[1]  value, counter, reactions: what it is asked as; behind it what that script takes
--
-- Answers what that script does, {'type'} where there is something else, and what `reactions.lua` says of a set
local kind = table.remove(ARGV, 1)
local what = ARGV[1]
local own, crowd = { unpack(KEYS, 1, 4) }, { unpack(KEYS, 5, 11) }
local isValue = redis.call('EXISTS', own[1]) == 1
local SET = 'member'

local function beside()
  if kind == 'value' then return value(own, ARGV) end
  if kind == 'counter' then return counter(own, ARGV) end
  return reactions(crowd, ARGV)
end

local function empty()
  local answer = reactions(crowd, { 'change', SET, 'replaced', '', '0', '0' })
  if type(answer) == 'function' then answer() end
end

if kind == 'reactions' then
  if not isValue then return beside() end
  if what ~= 'change' then return { 'type' } end
  if string.find(ARGV[3], 'new', 1, true) then return { 'mismatch', 'ifNoneMatch', '' } end
  if not string.find(ARGV[3], 'replaced', 1, true) then return { 'type' } end
  local change = beside()
  if type(change) ~= 'function' then return change end
  return function()
    value(own, { 'delete', '' })()
    return change()
  end
end

if isValue and (what == 'get' or what == 'describe' or what == 'touch' or kind == 'counter') then return beside() end
local set = reactions(crowd, { 'describe', SET })
if set[1] == 'more' then return set end
if set[1] == 'missing' then return beside() end
if what == 'get' or kind == 'counter' then return { 'type' } end
if isValue then
  local change = beside()
  if type(change) ~= 'function' then return change end
  return function()
    empty()
    return change()
  end
end

local failed = failedIn(ARGV[2], set[2])
if failed then return { 'mismatch', failed, set[2] } end
if what == 'describe' then return set end
if what == 'touch' then
  local ends = set[4] < 0 and math.huge or set[4]
  if not fits(ARGV[5], ends, tonumber(ARGV[4]) or math.huge) then return { 'mismatch', 'ifMatch', set[2] } end
  local touch = reactions(crowd, { 'touch', SET, '', ARGV[4] })
  return function()
    touch()
    return { 'stored', set[2], 0 }
  end
end
if what ~= 'set' then
  return function()
    empty()
    return { 'deleted' }
  end
end
ARGV[2] = ''
local change = value(own, ARGV)
return function()
  empty()
  return change()
end
