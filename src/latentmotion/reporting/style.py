"""The style sheet of every page: index.html, claims.html, tables, and figures that have a page.

Colours are variables, so that dark mode replaces them in one place. Sheets of figures are white pictures and stay white
in dark mode, a little dimmed. In print everything that is folded is open, and the contents are left out.
"""

STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #57606a; --line: #d1d9e0; --tint: #f6f8fa; --paper: #fff;
  --link: #0550ae; --published: #0550ae; --failed: #8a3c00; --upheld: #116329; --contradicted: #a40e26;
  --mixed: #7a4d00; --best: #dff3e4; }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; --ink: #e6edf3; --soft: #9da7b3;
  --line: #30363d; --tint: #161b22; --paper: #0d1117; --link: #79b8ff; --published: #9ecbff; --failed: #ffb77c;
  --upheld: #56d364; --contradicted: #ff9492; --mixed: #e3b341; --best: #12361f; }
  img { filter: brightness(.86); } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: var(--paper); overflow-wrap: break-word;
  font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { margin: 0 auto; padding: 2.5rem 2rem 4rem; max-width: 84rem; min-width: 0; }
h1 { font-size: 1.55rem; line-height: 1.25; margin: 0 0 .25rem; }
h2, h3 { font-size: 1.08rem; line-height: 1.3; margin: 2.2rem 0 .6rem; }
h2.paper { font-size: 1.4rem; margin-top: 3rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } a { color: var(--link); }
code { overflow-wrap: anywhere; }
img { display: block; max-width: 100%; height: auto; background: #fff; }
summary { cursor: pointer; color: var(--link); font-size: .92rem; }

/* tables: the first column stays in view while the numbers scroll */
.wide { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; font-size: .93rem; }
thead th { font-weight: 600; padding: .25rem .55rem; text-align: right; white-space: nowrap; }
thead tr:first-child th { border-top: 2px solid var(--ink); text-align: center; }
thead tr:last-child th { border-bottom: 1px solid var(--ink); font-weight: 400; color: var(--soft); }
td { padding: .28rem .55rem; text-align: right; white-space: nowrap; }
td.ours { padding-right: .3rem; }
td.spread { padding-left: 0; text-align: left; font-size: .8rem; color: var(--soft); }
tbody th { padding: .28rem 1.2rem .28rem 0; text-align: left; font-weight: 400; }
.wide tr > th:first-child { position: sticky; left: 0; z-index: 1; background: var(--paper); }
tbody th[scope=row] { min-width: 8rem; max-width: 18rem; }
tbody tr:last-child > * { border-bottom: 1px solid var(--line); }
tbody:last-child tr:last-child > * { border-bottom: 2px solid var(--ink); }
th.data { font-weight: 600; padding-top: .7rem; } th.data span { position: sticky; left: 0; }
tr.reference > * { color: var(--soft); }
thead tr:last-child th.ours { text-align: left; padding-left: 1.1rem; }
td.published, thead tr:last-child th.published { color: var(--published); font-style: italic; }
td.failed { color: var(--failed); font-weight: 600; } td.absent { color: var(--soft); }
td.best { font-weight: 700; } td.best, td.best + td.spread { background: var(--best); }
.first { border-left: 1px solid var(--line); }
p.key { font-size: .85rem; color: var(--soft); max-width: 62rem; }
ul.notes { margin: 1rem 0 0; padding-left: 1.1rem; font-size: .9rem; max-width: 62rem; }
ul.notes li { margin: .35rem 0; }

/* verdicts on claims: an outline for each, so that they differ without colours too */
.badge { display: inline-block; padding: 0 .5rem; border: 2px solid var(--ink); border-radius: .8rem;
  font-size: .82rem; font-weight: 600; white-space: nowrap; }
.badge.upheld { background: var(--upheld); border-color: var(--upheld); color: var(--paper); }
.badge.contradicted { border: 4px double var(--contradicted); border-radius: 0; color: var(--contradicted); }
.badge.mixed { border-style: dashed; border-color: var(--mixed); color: var(--mixed); }
.badge.undecided { border-style: dotted; border-color: var(--soft); color: var(--soft); font-weight: 400; }
.badge.impossible { border-width: 1px; border-color: var(--soft); color: var(--soft); font-weight: 400; }
table.counts { font-size: .9rem; } table.counts thead th { text-align: center; font-weight: 600; color: var(--ink); }
table.counts td { text-align: center; } table.counts td.none { color: var(--soft); }
table.counts tbody th[scope=row] { min-width: 4.5rem; }
ul.core { list-style: none; margin: .4rem 0 1rem; padding: 0; }
ul.core li { margin: .45rem 0; max-width: 62rem; }
article.claim { border-top: 1px solid var(--line); padding: .7rem 0; overflow-wrap: anywhere; }
article.claim h4 { font-size: 1rem; font-weight: 400; margin: .3rem 0; max-width: 62rem; }
article.claim h4 a { color: inherit; font-weight: 600; text-decoration: none; }
article.claim p { max-width: 62rem; font-size: .92rem; }
article.claim ul { margin: .2rem 0; padding-left: 1.1rem; font-size: .92rem; max-width: 62rem; }
details { margin: .3rem 0; }
details.others { margin-top: 1rem; } details.others > summary { font-size: 1rem; }
table.findings { font-size: .86rem; } table.findings th, table.findings td { text-align: left; white-space: normal;
  vertical-align: top; padding: .25rem .7rem .25rem 0; min-width: 8rem; overflow-wrap: normal; }
table.findings thead tr th { border-top: 0; border-bottom: 1px solid var(--line); text-align: left; }

/* the front page */
.front { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); max-width: 92rem; margin: 0 auto; }
.front main { margin: 0; padding: 2.2rem 2.5rem 4rem; }
nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 2.4rem 0 2rem 1.5rem; font-size: .85rem;
  line-height: 1.35; border-right: 1px solid var(--line); align-self: start; min-height: 100vh; }
nav a { display: block; padding: .16rem .6rem .16rem 0; color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--link); text-decoration: underline; }
nav > a, nav > div > a { font-weight: 600; color: var(--ink); margin-top: .55rem; }
nav ul { list-style: none; margin: 0; padding: 0 0 0 .7rem; }
header h1 { font-size: 2.3rem; letter-spacing: -.02em; } header p.lead { font-size: 1.2rem; max-width: 46rem; }
header .soft { font-size: .9rem; }
.hero { display: grid; grid-template-columns: minmax(0, 29rem) minmax(0, 1fr); gap: 1.6rem; margin: 1.4rem 0 2rem;
  align-items: start; }
.cards { display: grid; gap: .9rem; margin: 0; padding: 0; list-style: none; }
.cards li { border: 1px solid var(--line); border-left: 4px solid var(--link); border-radius: 6px;
  padding: .7rem 1rem; background: var(--tint); }
.number { font-size: 1.9rem; font-weight: 700; line-height: 1.15; letter-spacing: -.01em; white-space: nowrap; }
.number small { font-size: .9rem; font-weight: 400; color: var(--soft); letter-spacing: 0; white-space: normal; }
.cards p { margin: .15rem 0; } .cards .soft { font-size: .85rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; background: var(--tint); }
figure img { margin: 0 auto; } figure .plate { display: block; background: #fff; }
figcaption { padding: .6rem .8rem .7rem; font-size: .9rem; border-top: 1px solid var(--line); }
figcaption h4 { font-size: .95rem; margin: 0 0 .15rem; }
section.paper { border-top: 2px solid var(--ink); margin-top: 3rem; padding-top: .5rem; }
section.paper > h2 { font-size: 1.6rem; margin: .4rem 0 0; }
.half { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 25rem); gap: 2rem; align-items: start;
  margin-top: .8rem; }
.half figure img { max-height: 30rem; width: auto; }
.half h3 { margin: 1.1rem 0 .2rem; } .half h3:first-child { margin-top: 0; }
.half ul { margin: .3rem 0; padding-left: 1.1rem; } .half li { margin: .3rem 0; }
.half ul.core { padding: 0; } .tally { display: flex; flex-wrap: wrap; gap: .35rem; margin: .4rem 0; }
.report { margin: 1.4rem 0 2rem; } .report h4 { font-size: 1.02rem; margin: 0 0 .1rem; }
.report h5 { font-size: .93rem; margin: .9rem 0 .35rem; } .links { font-size: .85rem; }
.gallery { columns: 2; column-gap: 1.2rem; }
.gallery figure { break-inside: avoid; margin: 0 0 1.2rem; }
.film img { border-top: 1px solid var(--line); }
@media screen and (max-width: 84rem) { main { padding: 1.4rem 1rem 2rem; } table { font-size: .86rem; } }
@media screen and (max-width: 68rem) {
  html { scroll-padding-top: 3.4rem; }
  .front { display: block; } .front main { padding: 1.2rem 1rem 3rem; }
  nav { display: flex; gap: 1rem; min-height: 0; overflow-x: auto; white-space: nowrap; padding: .55rem 1rem;
    border: 0; border-bottom: 1px solid var(--line); background: var(--paper); z-index: 3; font-size: .92rem; }
  nav ul { display: none; } nav > a, nav > div > a { margin: 0; padding: 0; }
  .hero, .half { grid-template-columns: minmax(0, 1fr); gap: 1.1rem; }
}
@media screen and (max-width: 44rem) {
  header h1 { font-size: 1.8rem; } header p.lead { font-size: 1.05rem; }
  .gallery { columns: 1; }
  tbody th[scope=row] { min-width: 6rem; max-width: 34vw; padding-right: .5rem; }
  table.counts .word { display: none; } /* the words stand in the lists */
  table.counts td, table.counts thead th { padding: .25rem .3rem; }
}
@media print {
  @page { size: A4; margin: 12mm; }
  html { font-size: 9.5pt; } body { font-size: 1rem; } nav { display: none; }
  .front { display: block; max-width: none; }
  main, .front main { padding: 0; max-width: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  details.film, summary { display: none; } /* on paper a film is its still */
  .wide { overflow: visible; } table { font-size: 6.4pt; } td.spread { font-size: 5.6pt; }
  td, thead th { padding: .1rem .22rem; } thead th { white-space: normal; } tbody th[scope=row] { min-width: 4rem; }
  .half { grid-template-columns: minmax(0, 1fr) 6.5cm; } .hero { grid-template-columns: 8cm minmax(0, 1fr); }
  figure, article, tr, .cards li { break-inside: avoid; } h2, h3, h4, h5 { break-after: avoid; }
  ul.notes { font-size: 7.5pt; columns: 2; } .gallery { columns: 2; }
}
"""
