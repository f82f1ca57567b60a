-- What is asked of the value, or of the counter, under a key; KEYS are those of `keys.lua`.
--
-- ARGV[1]  get, describe, set, touch, delete, clear
-- ARGV[2]  of all: the condition, as JSON, or '' for none
-- ARGV[3]  of set: what tells this write from all others; of clear: the latest time that is meant, as in stamps
-- ARGV[4]  of set and touch: for how many ms it lives, 'keep' as long as it has, '' for ever
-- ARGV[5]  of set: the media type; of touch: what has to be true of the ends (`conditions.lua`)
-- ARGV[6]  of set: '1' where that is JSON
-- ARGV[7]  of set: the body
--
-- Answers {'missing'}, {'mismatch', which, stamp}, {'stored', stamp, created}, {'deleted'},
-- {'value', stamp, total, type, body, ms}, {'description', stamp, total, type, bytes, ms}, where total is '' of what is no counter
local what = ARGV[1]
local known = redis.call('HMGET', key, 's', 'c', 'e', 't')
local stamp, total, hasEnd, mediaType = known[1], known[2], known[3], known[4]
if not stamp and what ~= 'set' then
  -- Somebody has looked for it among the keys of the slot: what the engine has evicted is not there any more.
  if what == 'clear' or what == 'describe' then forget() end
  return { 'missing' }
end
local tag = stamp and (total and stamp .. ':' .. total or stamp)

local failed = failedIn(ARGV[2], tag)
if failed then return { 'mismatch', failed, tag or '' } end

if what == 'get' then
  return { 'value', tag, total or '', mediaType or '', total or redis.call('HGET', key, 'b'), leftMs() }
end
if what == 'describe' then
  return { 'description', tag, total or '', mediaType or '', redis.call('HSTRLEN', key, total and 'c' or 'b'), leftMs() }
end

-- A counter was begun before, however often it was added to.
if what == 'clear' then
  local first = redis.call('HGET', key, 'g') or stamp
  if tonumber(string.match(first, '^%d+')) > tonumber(ARGV[3]) then return { 'missing' } end
end

if what == 'delete' or what == 'clear' then
  return function()
    forget()
    return { 'deleted' }
  end
end

if what == 'set' then
  return function()
    local written = stampBy(ARGV[3])
    redis.call('HSET', key, 's', written, 't', ARGV[5], 'j', ARGV[6], 'b', ARGV[7])
    if total then redis.call('HDEL', key, 'c', 'g') end
    if not stamp then list() end
    note(total and 'turned' or 'there', name)
    if ARGV[4] ~= 'keep' then live(tonumber(ARGV[4]), hasEnd) end
    return { 'stored', written, stamp and 0 or 1 }
  end
end

local life = tonumber(ARGV[4])
local left = hasEnd and leftMs() or math.huge
if not fits(ARGV[5], left, life or math.huge) then return { 'mismatch', 'ifMatch', tag } end
return function()
  note('there', name)
  live(life, hasEnd)
  return { 'stored', tag, 0 }
end
