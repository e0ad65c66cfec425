/* SPDX-License-Identifier: Apache-2.0
 *
 * How a page looks: the reader's own fonts, one accent, muted rules, figures of equal width. Colours are
 * variables, so that light and dark are two sets of them and paper takes the light one. The series' colours
 * are after Okabe and Ito ("Color Universal Design", 2008), told apart with any colour vision, darkened for
 * white and lightened for dark until each has a contrast of 3:1 or more with the ground; dash patterns and
 * markers say the same again without colour.
 *
 * An SVG that is scaled takes its letters along, and what is legible on a wide screen is not on a phone: wide
 * charts are drawn twice, and the style sheet shows the one that fits. */
#include "client/chart/style.h"

#define LIGHT                                                                                                \
    "--ground:#fff;--ink:#1c2127;--quiet:#59636e;--rule:#d5dae0;--grid:#e9ecef;--box:#f5f7f9;"               \
    "--accent:#0a5ea8;--good:#0b6b45;--good-box:#eaf6f0;--warning:#7a4d00;--warning-box:#fdf5e3;"            \
    "--bad:#a3231d;--bad-box:#fcefee;"                                                                       \
    "--s0:#0a66b5;--s1:#c24e00;--s2:#00805f;--s3:#a64d92;--s4:#8a6d00;--s5:#2b8fc4;--s6:#8f3b1b;--s7:#"      \
    "4a535c;"
#define DARK                                                                                                 \
    "--ground:#15181c;--ink:#e4e7eb;--quiet:#9aa4af;--rule:#3a4149;--grid:#272c32;--box:#1d2126;"            \
    "--accent:#6cb6f5;--good:#6fcf9f;--good-box:#16281f;--warning:#eab95b;--warning-box:#2b2415;"            \
    "--bad:#f58a80;--bad-box:#301b1a;"                                                                       \
    "--s0:#5aaef2;--s1:#f58f4c;--s2:#35c49a;--s3:#dd94cb;--s4:#dcbf45;--s5:#9ad4f5;--s6:#d98b6a;--s7:#"      \
    "b4bcc5;"

const char style_sheet[] =
    ":root{color-scheme:light dark;" LIGHT "}\n"
    "@media (prefers-color-scheme:dark){:root{" DARK "}}\n"
    "@media print{:root{color-scheme:light;" LIGHT "}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif}\n"
    "main{max-width:56rem;margin:0 auto;padding:2rem 1.5rem 3rem}\n"
    "h1{font-size:1.6rem;line-height:1.25;font-weight:650;margin:0;overflow-wrap:anywhere}\n"
    "h2{font-size:1.2rem;line-height:1.3;font-weight:650;margin:2.75rem 0 .75rem;padding-top:.75rem;"
    "border-top:1px solid var(--rule)}\n"
    "h3{font-size:1rem;font-weight:650;margin:1.75rem 0 .5rem}\n"
    "p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}\n"
    ".sub{color:var(--quiet);margin:.25rem 0 1.25rem}\n"
    ".small,footer{color:var(--quiet);font-size:.875rem}\n"
    "footer{margin-top:3rem;border-top:1px solid var(--rule);padding-top:.75rem}\n"
    ".notice{margin:1rem 0;padding:.75rem 1rem;border-left:4px solid var(--accent);background:var(--box);"
    "border-radius:0 .25rem .25rem 0}\n"
    ".notice p{margin:.15rem 0 0}\n"
    ".notice b{color:var(--accent)}\n"
    ".notice.good{border-color:var(--good);background:var(--good-box)}\n.notice.good b{color:var(--good)}\n"
    ".notice.warning{border-color:var(--warning);background:var(--warning-box)}\n"
    ".notice.warning b{color:var(--warning)}\n"
    ".notice.bad{border-color:var(--bad);background:var(--bad-box)}\n.notice.bad b{color:var(--bad)}\n"
    "a{color:var(--accent)}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:1rem;"
    "margin:1.25rem 0}\n"
    ".figures div{border-left:2px solid var(--rule);padding-left:.75rem}\n"
    ".figures dt{color:var(--quiet);font-size:.8125rem}\n"
    ".figures dd{margin:0}\n"
    ".figures .v{font-size:1.5rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}\n"
    ".figures .n{color:var(--quiet);font-size:.8125rem}\n"
    ".figures .good .v{color:var(--good)}\n.figures .warning .v{color:var(--warning)}\n"
    ".figures .bad .v{color:var(--bad)}\n"
    ".scroll{overflow-x:auto;margin:.75rem 0}\n"
    ".scroll{background:linear-gradient(to left,var(--ground) 1rem,transparent) right/2.5rem 100% no-repeat "
    "local,linear-gradient(to left,var(--rule),transparent) right/.4rem 100% no-repeat scroll}\n"
    ".scroll tbody th{position:sticky;left:0;background:var(--ground)}\n"
    ".scroll:focus-visible{outline:2px solid var(--accent)}\n"
    "table{border-collapse:separate;border-spacing:0;font-size:.9rem;font-variant-numeric:tabular-nums;min-"
    "width:100%}\n"
    "table.facts{min-width:min(100%,30rem)}\n"
    "caption{text-align:left;color:var(--quiet);font-size:.875rem;padding-bottom:.35rem}\n"
    "th,td{text-align:left;font-weight:400;padding:.35rem 1rem .35rem 0;border-bottom:1px solid var(--grid);"
    "vertical-align:baseline}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    "thead th{color:var(--quiet);font-size:.8125rem;border-bottom-color:var(--rule);white-space:nowrap;"
    "vertical-align:bottom}\n"
    "tbody th{min-width:5.5rem;max-width:22rem;overflow-wrap:break-word}\n"
    ".r{text-align:right;white-space:nowrap}\n"
    "td.good,td.bad,td.warning,th.good{font-weight:650}\n"
    "td.bad{color:var(--bad)}\ntd.warning{color:var(--warning)}\n.quiet{color:var(--quiet)}\n"
    "pre{margin:.75rem 0;padding:.75rem 1rem;background:var(--box);border-radius:.25rem;font:.85rem/1.5 "
    "ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;white-space:pre-wrap;"
    "overflow-wrap:anywhere}\n"
    "details{margin:.75rem 0}\nsummary{cursor:pointer;color:var(--accent)}\n"
    "figure{margin:1.25rem 0 1.75rem}\n"
    "figcaption{margin-bottom:.5rem}\nfigcaption b{display:block;font-weight:650}\n"
    "figcaption span{display:block;color:var(--quiet);font-size:.875rem;max-width:46rem}\n"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:1.5rem 2rem;"
    "margin:1.25rem 0}\n"
    ".grid figure{margin:0}\n"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;margin:0 0 .35rem;padding:0;"
    "font-size:.875rem}\n"
    ".legend li{display:flex;align-items:center;gap:.4rem;overflow-wrap:anywhere}\n"
    ".legend svg{flex:none;width:34px;height:12px}\n"
    "svg{display:block;overflow:visible}\nsvg.chart{width:100%;height:auto}\n"
    "svg.narrow{display:none;max-width:34rem}\nsvg.small{max-width:30rem}\n"
    "svg text{fill:var(--quiet);font-size:12px;font-variant-numeric:tabular-nums}\n"
    "svg .name{fill:var(--ink)}\nsvg .strong{fill:var(--ink);font-weight:650}\n"
    "svg .e{text-anchor:end}\nsvg .c{text-anchor:middle}\n"
    ".g{stroke:var(--grid);stroke-width:1}\n.g.minor{stroke-opacity:.55}\n"
    ".a{stroke:var(--rule);stroke-width:1}\n"
    ".l{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
    ".m{fill:var(--c);stroke:var(--ground);stroke-width:1}\n"
    ".bar{fill:var(--c);fill-opacity:.28}\n.best .bar{fill-opacity:.55}\n"
    ".w{stroke:var(--c);stroke-width:2;stroke-linecap:round}\n"
    ".limit{stroke:var(--ink);stroke-width:1.25;stroke-dasharray:2 4}\n"
    "svg .limit-text{fill:var(--ink);paint-order:stroke;stroke:var(--ground);stroke-width:4px;"
    "stroke-linejoin:round}\n"
    ".s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}"
    ".s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}\n"
    ".s1 .l{stroke-dasharray:8 4}\n.s2 .l{stroke-dasharray:2 4}\n.s3 .l{stroke-dasharray:10 4 2 4}\n"
    ".s4 .l{stroke-dasharray:5 4}\n.s5 .l{stroke-dasharray:14 5}\n.s6 .l{stroke-dasharray:2 3 8 3 2 3}\n"
    ".s7 .l{stroke-dasharray:1 5}\n"
    "@media (max-width:42rem){main{padding:1.25rem 1rem "
    "2rem}svg.wide{display:none}svg.narrow{display:block}th,td{padding-right:.7rem}"
    "h1{font-size:1.35rem}.figures .v{font-size:1.3rem}"
    "}\n"
    "@media print{@page{margin:15mm}body{font-size:10.5pt}main{max-width:none;padding:0}"
    "h2{break-after:avoid}h3{break-after:avoid}figure,.notice,.figures div,tr{break-inside:avoid}"
    ".scroll{overflow:visible;background:none}.scroll tbody "
    "th{position:static}svg.wide{display:block}svg.narrow{display:none}"
    "details .r{white-space:normal}details table{font-size:.75rem}"
    "summary{list-style:none;color:var(--ink)}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n"
    "@media print{details::details-content{content-visibility:visible;display:block;height:auto}}\n";
