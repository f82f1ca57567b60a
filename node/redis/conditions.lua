-- Put before the bodies of other scripts: which condition does not hold of what has this tag, 'ifMatch' or 'ifNoneMatch'; and
-- whether all is true that is asked of an end and of the one that it would get.
--
-- A condition is JSON, or '' for none; the tag is nil where there is nothing, and an end math.huge where there is none.
local function failedIn(condition, tag)
  if condition == '' then return nil end
  local wanted = cjson.decode(condition)
  local function names(tags)
    for _, one in ipairs(tags) do
      if tag and (one == '*' or one == '"' .. tag .. '"') then return true end
    end
    return false
  end
  if wanted.ifMatch and not names(wanted.ifMatch) then return 'ifMatch' end
  if wanted.ifNoneMatch and names(wanted.ifNoneMatch) then return 'ifNoneMatch' end
end

-- Each of them endless, ending, later or sooner, with spaces.
local function fits(only, ends, newEnds)
  for condition in string.gmatch(only, '%a+') do
    local isTrue = false
    if condition == 'endless' then isTrue = ends == math.huge
    elseif condition == 'ending' then isTrue = ends < math.huge
    elseif condition == 'later' then isTrue = newEnds > ends
    elseif condition == 'sooner' then isTrue = newEnds < ends
    end
    if not isTrue then return false end
  end
  return true
end
