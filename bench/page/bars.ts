/** A horizontal bar. */
export interface Bar {
  name: string;
  /** A median, or the one value there is. */
  value: number;
  /** Lowest and highest, when there were several. */
  spread?: readonly [number, number];
  /** What `value` is compared with is drawn quieter. */
  quiet?: boolean;
}

export interface BarChart {
  title: string;
  unit: string;
  bars: readonly Bar[];
  /** A line across all bars, with its name. */
  mark?: { at: number; name: string };
}

const WIDTH = 720;
const [LEFT, RIGHT] = [200, 130];
const ROW = 34;
const TOP = 44;

/** Readable on a light page and on a dark one: an SVG in an <img> is told which by the browser. */
const STYLE = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
    .title { font-size: 15px; font-weight: 600; }
    .quiet-text { fill: #59636e; }
    .bar { fill: #0969da; }
    .quiet { fill: #8c959f; }
    .line { stroke: #1f2328; stroke-width: 1.5; }
    .mark { stroke: #bc4c00; stroke-width: 1.5; stroke-dasharray: 4 3; }
    .mark-text { fill: #bc4c00; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet-text { fill: #9198a1; }
      .bar { fill: #4493f8; }
      .quiet { fill: #656c76; }
      .line { stroke: #f0f6fc; }
      .mark { stroke: #f0883e; }
      .mark-text { fill: #f0883e; }
    }`;

/** An SVG: one bar below the other from zero, with whiskers from the lowest to the highest, and the values in figures. */
export function drawBars({ title, unit, bars, mark }: BarChart): string {
  const most = Math.max(...bars.flatMap(({ value, spread = [0, 0] }) => [value, ...spread]), mark?.at ?? 0);
  const x = (value: number) => round(LEFT + (most === 0 ? 0 : (value / most) * (WIDTH - LEFT - RIGHT)));
  const bottom = TOP + bars.length * ROW;
  const height = bottom + (mark ? 24 : 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${STYLE}\n  </style>`,
    `  <text class="title" x="8" y="22">${escaped(title)}</text>`,
    `  <text class="quiet-text" x="${WIDTH - 8}" y="22" text-anchor="end">${escaped(unit)}</text>`,
    ...bars.flatMap((bar, i) => drawBar(bar, TOP + i * ROW, x)),
    ...(mark
      ? [
          `  <line class="mark" x1="${x(mark.at)}" y1="${TOP - 6}" x2="${x(mark.at)}" y2="${bottom}"/>`,
          `  <text class="mark-text" x="${x(mark.at)}" y="${bottom + 15}" text-anchor="middle">${escaped(mark.name)}</text>`,
        ]
      : []),
    '</svg>',
    '',
  ].join('\n');
}

function drawBar({ name, value, spread, quiet = false }: Bar, y: number, x: (value: number) => number): string[] {
  const middle = y + 10;
  const whisker = spread && [
    `  <line class="line" x1="${x(spread[0])}" y1="${middle}" x2="${x(spread[1])}" y2="${middle}"/>`,
    ...spread.map((end) => `  <line class="line" x1="${x(end)}" y1="${y + 5}" x2="${x(end)}" y2="${y + 15}"/>`),
  ];
  const end = x(Math.max(value, spread?.[1] ?? 0));
  return [
    `  <text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>`,
    `  <rect class="${quiet ? 'quiet' : 'bar'}" x="${LEFT}" y="${y}" width="${round(x(value) - LEFT)}" height="20" rx="2"/>`,
    ...(whisker ?? []),
    `  <text x="${end + 8}" y="${y + 15}">${value}</text>`,
  ];
}

const round = (value: number) => Math.round(value * 10) / 10;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
