-- What is asked of some keys in one turn, of each as `sole.lua` has it: all of it, or nothing.
--
-- KEYS     those of `sole.lua` for each of them
-- ARGV[1]  of how many; behind it for each how much `sole.lua` takes, and that
--
-- Answers {'together', '1' where it is done, {answer, ...}}, up to the first that does not hold; {'type'}, {'full'}, {'more'} where
-- one cannot be carried out
local EACH = 11
local answers, changes, at = {}, {}, 2
for one = 1, tonumber(ARGV[1]) do
  local keys, args, count = {}, {}, tonumber(ARGV[at])
  for place = 1, EACH do keys[place] = KEYS[(one - 1) * EACH + place] end
  for place = 1, count do args[place] = ARGV[at + place] end
  at = at + count + 1
  local answer = sole(keys, args)
  if type(answer) == 'function' then
    changes[one] = answer
    answers[one] = { 'done' }
  else
    answers[one] = answer
    local said = answer[1]
    if said == 'mismatch' then return { 'together', '', answers } end
    if said == 'type' or said == 'full' or said == 'more' then return { said } end
  end
end
for one = 1, #answers do
  if changes[one] then answers[one] = changes[one]() end
end
return { 'together', '1', answers }
