-- What is asked in one turn, one after the other: each by itself, whatever becomes of the others.
--
-- KEYS     those of each, in their order
-- ARGV     for each the name of its script, how much that takes, and that
--
-- Answers a list of what each answers, or {'error', message}
local answers, key, at = {}, 0, 1
while ARGV[at] do
  local script, count = SCRIPTS[ARGV[at]], tonumber(ARGV[at + 1])
  local keys, args = {}, {}
  for place = 1, script.keys do keys[place] = KEYS[key + place] end
  for place = 1, count do args[place] = ARGV[at + 1 + place] end
  key, at = key + script.keys, at + 2 + count
  local isDone, answer = pcall(script.body, keys, args)
  if isDone and type(answer) == 'function' then isDone, answer = pcall(answer) end
  if not isDone then answer = { 'error', type(answer) == 'table' and answer.err or tostring(answer) } end
  answers[#answers + 1] = answer
end
return answers
