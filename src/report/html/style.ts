import { Markup } from "./markup";

/** Of the page; the pictures bring their own colours and stand on white in both themes. */
export const style = new Markup(`
:root { color-scheme: light dark; --ground: #f3f5f7; --card: #ffffff; --text: #1c2430; --quiet: #56606e;
  --line: #d5dae0; --good: #1b6e35; --bad: #b3261e; --link: #00599c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --card: #1c222b; --text: #e8ecf1; --quiet: #a5afbb; --line: #39424e; --good: #7bd694;
    --bad: #ff9d94; --link: #8cc4ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); line-height: 1.45;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1320px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 36px 0 12px; }
h3 { font-size: 16px; margin: 0; overflow-wrap: anywhere; }
p { margin: 0; }
a { color: var(--link); }
abbr { text-decoration: none; }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
.quiet { color: var(--quiet); }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
.client { border-top: 5px solid var(--client); }
.proof { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; margin: 18px 0 16px; }
.proof strong { font-size: 24px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(124px, 1fr)); gap: 14px 18px; margin: 14px 0 0; }
.facts dt { color: var(--quiet); font-size: 13px; }
.facts dd { margin: 0; font-size: 13px; overflow-wrap: anywhere; }
.facts dd strong { display: block; font-size: 20px; line-height: 1.25; font-weight: 650; }
.facts small { font-size: 14px; font-weight: 500; }
.figures { columns: 2 520px; column-gap: 16px; }
figure { margin: 0 0 16px; break-inside: avoid; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; margin-bottom: 10px; }
figcaption p { flex-basis: 100%; font-size: 13px; }
.paper { background: #ffffff; border-radius: 6px; overflow: hidden; }
.picture { display: block; width: 100%; height: auto; max-width: 660px; margin: 0 auto; }
.table { overflow-x: auto; margin-bottom: 16px; }
table { border-collapse: collapse; min-width: min(100%, 520px); font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; font-size: 16px; padding-bottom: 8px; }
th, td { text-align: left; padding: 5px 22px 5px 0; border-top: 1px solid var(--line); vertical-align: top; }
th { font-weight: 500; }
thead th { color: var(--quiet); font-weight: 500; font-size: 13px; border-top: 0; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; }
.chosen { font-weight: 650; }
.warnings { padding-left: 36px; margin: 0; }
.warnings li + li { margin-top: 8px; }
.warnings li { overflow-wrap: anywhere; }
@media (max-width: 560px) {
  main { padding: 16px 10px 32px; }
  .card { padding: 12px; }
  figure.card { padding: 10px 4px 4px; }
  figcaption { padding: 0 8px; }
  .facts { grid-template-columns: 1fr 1fr; }
  .facts dd strong { font-size: 18px; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; --text: #000; --quiet: #444; --line: #bbb; --good: #1b6e35;
    --bad: #b3261e; --link: #000; }
  body { font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .card, figure, tr { break-inside: avoid; }
  .table { overflow: visible; }
  .figures { columns: 2; }
  table { font-size: 11px; }
  h3, caption { font-size: 13px; }
  figcaption p, .facts dt, .facts dd, thead th { font-size: 11px; }
}
`);
