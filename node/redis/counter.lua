-- What is asked of the counter under a key, or of the integer that is its value. Totals are text all the way: a number of Lua
-- is exact up to 2^53 only. KEYS are those of `keys.lua`, and
-- KEYS[4]  larder:{slot}:i:<key>\0<idempotency key>, the answer that makes an increment count once: '<began> <total>'
--
-- ARGV[1]  add, get, set, delete
-- ARGV[2]  of add and set: what tells this write from all others
-- ARGV[3]  of add and set: for how many ms the counter lives that this begins, '' for ever
-- ARGV[4]  of set: the total; of add: '1' where the answer is remembered, else ''
-- ARGV[5]  of add: the least total, '' for any
-- ARGV[6]  of add: the largest total, '' for any
-- ARGV[7]  of add: for how many ms the answer is remembered
-- ARGV[8]  of add, and all behind it: what to add, in parts of 64 bits
--
-- Answers {'total', total, ms}, {'bounds', total, ms}, {'range', total}, {'type'}, {'missing'}, {'deleted'}
local what = ARGV[1]
local MOST, LEAST = '9223372036854775807', '-9223372036854775808'

local function isLess(a, b)
  local isBelow, isOtherBelow = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
  if isBelow ~= isOtherBelow then return isBelow end
  if isBelow then a, b = string.sub(b, 2), string.sub(a, 2) end
  if #a ~= #b then return #a < #b end
  return a < b
end

local function integerIn(body, isJson)
  if #body > 40 then return nil end
  local text = isJson == '1' and string.match(body, '^%s*(.-)%s*$') or body
  if text ~= '0' and not string.match(text, '^%-?[1-9]%d*$') then return nil end
  if isLess(text, LEAST) or isLess(MOST, text) then return nil end
  return text
end

local known = redis.call('HMGET', key, 's', 'c', 'e', 'j', 'g')
local isThere, counted, hasEnd, began = known[1], known[2], known[3], known[5]

if what == 'delete' then
  if not isThere then return { 'missing' } end
  forget()
  return { 'deleted' }
end

if what == 'set' then
  local written = stampBy(ARGV[2])
  redis.call('HSET', key, 's', written, 'c', ARGV[4], 'g', written)
  redis.call('HDEL', key, 't', 'j', 'b')
  if not isThere then list() end
  note(isThere and not counted and 'turned' or 'there', name)
  live(tonumber(ARGV[3]), hasEnd)
  return { 'total', ARGV[4], leftMs() }
end

if what == 'add' and ARGV[4] == '1' then
  local record = redis.call('GET', KEYS[4])
  if record then
    local beginning, total = string.match(record, '^(.*) (%S+)$')
    return { 'total', total, beginning == began and leftMs() or -1 }
  end
end

local before = counted or '0'
if isThere and not counted then
  before = integerIn(redis.call('HGET', key, 'b'), known[4])
  if not before then return { 'type' } end
end
if what == 'get' then return isThere and { 'total', before, leftMs() } or { 'missing' } end

if not counted then redis.call('HSET', key, 'c', before) end
local function undo(answer)
  if counted then redis.call('HSET', key, 'c', counted) else redis.call('HDEL', key, 'c') end
  return answer
end
for part = 8, #ARGV do
  local added = redis.pcall('HINCRBY', key, 'c', ARGV[part])
  if type(added) == 'table' and added.err then
    return undo(string.find(added.err, 'overflow', 1, true) and { 'range', before } or added)
  end
end
local total = redis.call('HGET', key, 'c')
if ARGV[5] ~= '' and isLess(total, ARGV[5]) or ARGV[6] ~= '' and isLess(ARGV[6], total) then
  return undo({ 'bounds', before, leftMs() })
end
local written = stampBy(ARGV[2])
began = began or written
redis.call('HSET', key, 's', written, 'g', began)
if isThere and not counted then redis.call('HDEL', key, 't', 'j', 'b') end
note(isThere and not counted and 'turned' or 'there', name)
if not isThere then
  list()
  live(tonumber(ARGV[3]), false)
end
if ARGV[4] == '1' then redis.call('SET', KEYS[4], began .. ' ' .. total, 'PX', ARGV[7]) end
return { 'total', total, leftMs() }
