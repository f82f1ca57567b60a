/** How the page of an uplink looks. Browsers take this very text and no other, by its hash. */
import { createHash } from 'node:crypto'

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #fff; --text: #1f2320; --faint: #6b716c; --line: #e3e1d9;
  --owned: #2f6f4f; --replicated: #8fbf9f; --arriving: #d99a2b; --bad: #b23a2e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #161917; --card: #1f2421; --text: #e6e8e4; --faint: #98a09a; --line: #323833;
    --owned: #5fb98a; --replicated: #34654c; --arriving: #e0ab4b; --bad: #f0857a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem; max-width: 76rem;
  background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.4rem; }
h2 { margin: 2rem 0 .6rem; font-size: 1rem; }
.faint, th { color: var(--faint); font-weight: normal; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.2rem 0 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; }
.facts dt { color: var(--faint); font-size: .8rem; }
.facts dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .9rem; text-align: left; vertical-align: top; }
th { font-size: .8rem; white-space: nowrap; }
tr + tr td, tbody td { border-top: 1px solid var(--line); }
td small { display: block; color: var(--faint); font-size: .8rem; }
.id { font-weight: 600; overflow-wrap: anywhere; min-width: 11rem; }
.id small { font-weight: normal; }
.num, .time { white-space: nowrap; }
.slots { min-width: 13rem; width: 26%; }
.state { border: 1px solid currentcolor; border-radius: 1rem; padding: 0 .55rem; font-size: .8rem; white-space: nowrap; }
.alive { color: var(--owned); } .leaving { color: var(--arriving); } .quiet, .bad { color: var(--bad); }
.trouble { margin: 1.2rem 0 0; border-left: .25rem solid var(--bad); padding: .5rem 1rem; background: var(--card); }
svg { display: block; width: 100%; height: .7rem; border-radius: .35rem; background: var(--line); margin: .3rem 0; }
.owned { fill: var(--owned); background: var(--owned); }
.replicated { fill: var(--replicated); background: var(--replicated); }
.arriving { fill: var(--arriving); background: var(--arriving); }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: .2rem; margin: 0 .35rem 0 1rem; }
.none { padding: 1rem; color: var(--faint); }
`

export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`
