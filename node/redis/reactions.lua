-- Who is engaged with a content. A presence is named '<reaction>\0<user>', where a reaction is written so that it has no \0 in it.
--
-- KEYS[1]  larder:{slot}:r:<content>, a sorted set of all presences, all of one score: in their order
-- KEYS[2]  larder:{slot}:re:<content>, a sorted set of those that end by themselves, by when, in ms
-- KEYS[3]  larder:{slot}:rk:<content>, a hash: how many users each reaction has
-- KEYS[4]  larder:{slot}:ru:<content>, a hash: how many reactions each user shows
-- KEYS[5]  larder:{slot}:activity, a sorted set: the contents of the slot, the one with the most users first
-- KEYS[6]  larder:{slot}:due, a sorted set: those of them where somebody ends, by when the next one does
-- ARGV[1]  add, remove, count, users
-- ARGV[2]  of add, remove: the reaction; of users: behind which presence, as ZRANGE BYLEX has it
-- ARGV[3]  of add, remove, count: the user, '' of count for none; of users: up to which presence
-- ARGV[4]  of add: for how many ms, '' for ever; of users: how many
-- ARGV[5]  of add: '1' where the user's other reactions end
-- ARGV[6]  of add: how many reactions a content may have
--
-- Answers {'done'}, {'full'}, {'missing'}, {'more'} where more have ended than one turn can take: ask again,
-- {'counts', users, {reaction, count, ...}, {own, ...}}, {'users', {presence, ...}}
local all, ending, kinds, users, activity, due = unpack(KEYS)
local content = string.match(all, '^larder:{%d+}:r:(.*)$')
local what = ARGV[1]
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function countDown(hash, field)
  if redis.call('HINCRBY', hash, field, -1) <= 0 then redis.call('HDEL', hash, field) end
end

local function drop(presence)
  redis.call('ZREM', ending, presence)
  if redis.call('ZREM', all, presence) == 0 then return end
  local at = string.find(presence, '%z')
  countDown(kinds, string.sub(presence, 1, at - 1))
  countDown(users, string.sub(presence, at + 1))
end

local function put(reaction, user, ms)
  local presence = reaction .. '\0' .. user
  if redis.call('ZADD', all, 0, presence) == 1 then
    redis.call('HINCRBY', kinds, reaction, 1)
    redis.call('HINCRBY', users, user, 1)
  end
  if ms then redis.call('ZADD', ending, nowMs + ms, presence) else redis.call('ZREM', ending, presence) end
end

-- What is told of the content elsewhere in its slot, and that all of it ends where all end.
local function tell()
  local count = redis.call('HLEN', users)
  if count == 0 then redis.call('ZREM', activity, content) else redis.call('ZADD', activity, -count, content) end
  local next = redis.call('ZRANGE', ending, 0, 0, 'WITHSCORES')
  if #next == 0 then redis.call('ZREM', due, content) else redis.call('ZADD', due, next[2], content) end
  local areAllEnding = #next > 0 and redis.call('ZCARD', ending) == redis.call('ZCARD', all)
  local last = areAllEnding and redis.call('ZRANGE', ending, -1, -1, 'WITHSCORES')[2]
  local hadEnd = redis.call('PTTL', all) >= 0
  for place = 1, 4 do
    if areAllEnding then redis.call('PEXPIREAT', KEYS[place], last)
    elseif hadEnd then redis.call('PERSIST', KEYS[place]) end
  end
end

local ended = redis.call('ZRANGE', ending, '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 500)
for _, presence in ipairs(ended) do drop(presence) end

local function shownBy(user)
  local own = {}
  for _, reaction in ipairs(redis.call('HKEYS', kinds)) do
    if redis.call('ZSCORE', all, reaction .. '\0' .. user) then own[#own + 1] = reaction end
  end
  return own
end

if what == 'add' then
  local reaction, user = ARGV[2], ARGV[3]
  local isNew = redis.call('HEXISTS', kinds, reaction) == 0
  if isNew and redis.call('HLEN', kinds) >= tonumber(ARGV[6]) then
    if #ended > 0 then tell() end
    return { 'full' }
  end
  if ARGV[5] == '1' then
    for _, other in ipairs(shownBy(user)) do
      if other ~= reaction then drop(other .. '\0' .. user) end
    end
  end
  put(reaction, user, tonumber(ARGV[4]))
  tell()
  return { 'done' }
end

if what == 'remove' then
  drop(ARGV[2] .. '\0' .. ARGV[3])
  tell()
  return { 'done' }
end

-- Also where all of it has ended, and nothing is left but what is told of it.
local isTold = redis.call('ZSCORE', due, content)
if #ended > 0 or (isTold and tonumber(isTold) <= nowMs) then tell() end
if #ended == 500 then return { 'more' } end
local count = redis.call('HLEN', users)
if count == 0 then return { 'missing' } end
if what == 'count' then
  return { 'counts', count, redis.call('HGETALL', kinds), ARGV[3] == '' and {} or shownBy(ARGV[3]) }
end
return { 'users', redis.call('ZRANGE', all, ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4]) }
