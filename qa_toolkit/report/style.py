"""The looks of a report: on a screen, light or dark, wide or narrow, and on paper."""

from __future__ import annotations

from typing import Final

CSS: Final = """
:root { color-scheme: light dark; --ink: #1b1f24; --muted: #57606a; --line: #d8dee4; --soft: #f4f6f8; --paper: #fff;
  --blue: #0067a8; --orange: #b34a00; --band: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --muted: #a5adb5; --line: #3a4149; --soft: #20242a;
  --paper: #15181c; --blue: #6cb6f0; --orange: #f0a060; --band: #a5adb5; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; margin: 0; color: var(--ink);
  background: var(--paper); overflow-wrap: break-word; }
.page { display: grid; grid-template-columns: 11rem minmax(0, 62rem); gap: 0 2.5rem; max-width: 80rem; margin: 0 auto;
  padding: 2rem 1.5rem 4rem; }
header, main, footer { grid-column: 2; min-width: 0; }
nav { grid-column: 1; grid-row: 1 / span 3; position: sticky; top: 1.5rem; align-self: start; font-size: .9rem;
  max-height: calc(100vh - 3rem); overflow-y: auto; }
nav ol { list-style: none; margin: 0; padding: 0; border-left: 2px solid var(--line); }
nav a { display: block; padding: .2rem .75rem; color: var(--muted); text-decoration: none; }
nav a:hover, nav a:focus-visible { color: var(--ink); text-decoration: underline; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem; }
h3 { font-size: 1.05rem; margin: 0; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
p { margin: .5rem 0; max-width: 44rem; }
a { color: var(--blue); }
.lead, .meta, .about, footer { color: var(--muted); font-size: .9rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
.figures div { background: var(--soft); border-radius: 6px; padding: .75rem 1rem; }
.figures dt { font-size: .85rem; color: var(--muted); }
.figures dd { margin: 0; }
.figures .value { font-size: 1.6rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures .range { font-size: .85rem; color: var(--muted); }
.short { padding-left: 1.2rem; margin: 0; max-width: 46rem; }
.short li { margin: .35rem 0; }
.scroll { overflow-x: auto; margin: .5rem 0 1.25rem; }
.about { margin: 1rem 0 0; max-width: 46rem; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-weight: 600; font-size: .8rem; color: var(--muted); vertical-align: bottom; line-height: 1.2; }
tbody th { font-weight: 400; min-width: 8rem; max-width: 24rem; }
.w { min-width: 11rem; }
.n { text-align: right; }
td.n, .s { white-space: nowrap; }
.mark { display: block; margin-top: .15rem; }
tr.group > * { font-weight: 600; padding-top: 1rem; }
tbody tr:hover > * { background: var(--soft); }
.mark .axis { stroke: var(--line); stroke-width: 1; }
.mark .at { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 2 2; }
.mark .span { stroke: var(--blue); stroke-width: 2.5; stroke-linecap: round; }
.mark .dot { fill: var(--blue); stroke: var(--blue); stroke-width: 1.5; }
.mark .hollow { fill: var(--paper); }
.reviewed { fill: var(--blue); } .waiting { fill: var(--line); } .replaced { fill: var(--orange); }
.out_of_scope { fill: var(--muted); }
.swatch { width: .75em; height: .75em; margin-right: .3em; } .legend span { margin-right: 1em; white-space: nowrap; }
figure { margin: 1rem 0; overflow-x: auto; }
figure svg { display: block; min-width: 34rem; width: 100%; height: auto; max-width: 50rem; }
figure svg text { font-family: inherit !important; fill: var(--ink); }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--blue); }
article { background: var(--soft); border-radius: 6px; padding: 1rem 1.25rem; margin: 1rem 0; }
blockquote { margin: .6rem 0; padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--line); max-width: 44rem; }
blockquote.fault { border-color: var(--orange); }
blockquote.answer { border-color: var(--blue); }
.label { margin: .75rem 0 0; font-size: .85rem; color: var(--muted); }
.tag { font-size: .75rem; font-weight: 600; padding: .1rem .45rem; border-radius: 4px; border: 1px solid currentColor;
  color: var(--orange); white-space: nowrap; vertical-align: .1em; }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
@media (max-width: 60rem) {
  .page { display: block; padding: 1.25rem 1rem 3rem; }
  nav { position: static; max-height: none; margin-bottom: 1.5rem; } nav ol { columns: 2; border: 0; }
  nav a { padding: .25rem 0; } section { margin-top: 2.25rem; } .less { display: none; } }
@media (max-width: 40rem) { table { font-size: .8rem; } tbody th { min-width: 6.5rem; max-width: 32vw; }
  th, td { padding-right: .5rem; } .mark { width: 80px; height: auto; } article { padding: .75rem 1rem; } }
@media print { nav { display: none; } .page { display: block; max-width: none; padding: 0; } body { font-size: 11pt; }
  section { break-before: auto; } h2, h3, .about { break-after: avoid; } tr, article, figure { break-inside: avoid; }
  .scroll, figure { overflow: visible; } thead { display: table-header-group; }
  details::details-content { content-visibility: visible; block-size: auto; } summary { display: none; }
  * { print-color-adjust: exact; } }
"""
