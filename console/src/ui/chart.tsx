import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Line {
  label: string;
  /** A CSS variable. */
  color: string;
  values: (number | null)[];
  shape: 'bars' | 'line' | 'area';
}

interface ChartParts {
  title: string;
  /** Unix seconds. */
  times: number[];
  lines: Line[];
  format: (value: number) => string;
  /** Of the whole window, in words. */
  summary: string;
  /** Fixed, or as the data wants it. */
  range?: [number, number];
  bucketSeconds: number;
}

const HEIGHT = 132;

/** One chart; the pointer on any of them marks the same time on all. */
export function Chart({ title, times, lines, format, summary, range, bucketSeconds }: ChartParts) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const look = lines.map(({ label, color, shape }) => `${label} ${color} ${shape}`).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only when it looks otherwise; the data follows below
  useEffect(() => {
    const element = box.current!;
    const options = describe(element.clientWidth, lines, format, range, setAt);
    plot.current = new uPlot(options, [times, ...lines.map(({ values }) => values)], element);
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const repaint = () => plot.current?.redraw(false, true);
    window.addEventListener('postback:theme', repaint);
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', repaint);
    return () => {
      resized.disconnect();
      window.removeEventListener('postback:theme', repaint);
      dark.removeEventListener('change', repaint);
      plot.current?.destroy();
    };
  }, [look, bucketSeconds]);

  useEffect(() => plot.current?.setData([times, ...lines.map(({ values }) => values)]), [times, lines]);

  return (
    <figure className="chart">
      <figcaption>
        <h3>{title}</h3>
        <span className="readout">{at === null ? summary : <Reading at={at} times={times} lines={lines} format={format} />}</span>
      </figcaption>
      <div ref={box} className="plot" role="img" aria-label={`${title}: ${summary}`} />
      {lines.length > 1 && (
        <ul className="legend">
          {lines.map(({ label, color }) => (
            <li key={label}>
              <i style={{ background: `var(${color})` }} />
              {label}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

function Reading({ at, times, lines, format }: { at: number } & Pick<ChartParts, 'times' | 'lines' | 'format'>) {
  const time = times[at];
  if (time === undefined) return null;
  const clock = new Date(time * 1000).toLocaleString('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });
  const values = lines.map(({ label, values }) => `${label} ${values[at] === null || values[at] === undefined ? '–' : format(values[at])}`);
  return <>{[clock, ...values].join(' · ')}</>;
}

function describe(
  width: number,
  lines: Line[],
  format: ChartParts['format'],
  range: ChartParts['range'],
  point: (at: number | null) => void,
): uPlot.Options {
  const color = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = {
    stroke: color('--faint'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, sync: { key: 'postback' }, drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: true }, y: { range: (_, __, most) => range ?? [0, niceTop(most)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 24, space: 70, values: timeLabels },
      { ...axis, size: 52, space: 36, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [{}, ...lines.map((line) => serie(line, color))],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
  };
}

function serie({ label, color: name, shape }: Line, color: (name: string) => () => string): uPlot.Series {
  if (shape === 'bars')
    return {
      label,
      stroke: color(name),
      fill: color(name),
      width: 0,
      paths: uPlot.paths.bars!({ size: [0.72, 14], radius: 0.15 }),
      points: { show: false },
    };
  return {
    label,
    stroke: color(name),
    width: 1.75,
    points: { show: false },
    spanGaps: false,
    ...(shape === 'area' && { fill: color(`${name}-soft`) }),
  };
}

/** Room above, and no chart of nothing but its own floor. */
const niceTop = (most: number | null): number => (most === null || most <= 0 ? 1 : most * 1.12);

function timeLabels(_: uPlot, ticks: number[]): string[] {
  const days = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) > 2 * 86_400;
  return ticks.map((tick) => {
    const time = new Date(tick * 1000);
    return days
      ? time.toLocaleDateString('en-GB', { weekday: 'short', day: '2-digit' })
      : time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  });
}
