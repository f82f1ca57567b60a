-- The contents of some slots with the most engaged users.
--
-- KEYS     of each slot larder:{slot}:activity and larder:{slot}:due, as in `reactions.lua`
-- ARGV[1]  how many of each
-- ARGV[2]  how they begin
-- ARGV[3]  how many are looked at
--
-- Answers {{content, ...}, {content, users, ...}}: those that have to be counted anew, as somebody has ended, and the first ones
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, prefix = tonumber(ARGV[1]), ARGV[2]
local looked = prefix == '' and limit or tonumber(ARGV[3])
local due, found = {}, {}

for slot = 1, #KEYS, 2 do
  if #due < 100 then
    for _, content in ipairs(redis.call('ZRANGE', KEYS[slot + 1], '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 100)) do
      due[#due + 1] = content
    end
  end
  local seen, most = redis.call('ZRANGE', KEYS[slot], 0, looked - 1, 'WITHSCORES'), #found + 2 * limit
  for at = 1, #seen, 2 do
    if #found >= most then break end
    if string.sub(seen[at], 1, #prefix) == prefix then
      found[#found + 1] = seen[at]
      found[#found + 1] = -seen[at + 1]
    end
  end
end
return { due, found }
