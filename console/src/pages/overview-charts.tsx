import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../api/client';
import { type Bucket, type Series, WINDOWS, type Window } from '../api/types';
import { Chart, type Line } from '../ui/chart';
import { useFilters } from '../ui/filters';
import { fewSeconds, number, percent, plural } from '../ui/format';
import { Panel } from '../ui/page';
import { Show } from '../ui/show';

/** Attempts, lag, what waited, dead letters and tasks over an hour, a day or a week. */
export function Charts() {
  const { values, set } = useFilters(['window']);
  const window = (WINDOWS as readonly string[]).includes(values.window ?? '') ? (values.window as Window) : '1h';
  const series = useQuery({
    queryKey: ['series', window],
    queryFn: ({ signal }) => get<Series>(`/admin/stats/series?window=${window}`, signal),
    refetchInterval: window === '1h' ? 5000 : 60_000,
    placeholderData: (former) => former,
  });
  return (
    <Panel
      bare
      title="How it went"
      note={
        <fieldset className="switch">
          <legend className="hidden">Window</legend>
          {WINDOWS.map((name) => (
            <label key={name}>
              <input type="radio" name="window" checked={name === window} onChange={() => set({ window: name === '1h' ? null : name })} />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
      }
    >
      <Show query={series} lines={8}>
        {(data) => <Plots series={data} />}
      </Show>
    </Panel>
  );
}

const sum = (buckets: Bucket[], of: (bucket: Bucket) => number): number => buckets.reduce((total, bucket) => total + of(bucket), 0);
const most = (values: (number | null | undefined)[]): number | null =>
  values.reduce<number | null>((top, value) => (value == null ? top : Math.max(top ?? 0, value)), null);

function Plots({ series }: { series: Series }) {
  const plots = useMemo(() => describe(series), [series]);
  return (
    <div className="charts">
      {plots.map((plot) => (
        <Chart key={plot.title} bucketSeconds={series.bucket_seconds} {...plot} />
      ))}
    </div>
  );
}

function describe({ buckets, bucket_seconds: seconds }: Series) {
  const times = buckets.map(({ at }) => Date.parse(at) / 1000);
  const per = seconds === 60 ? 'a minute' : seconds === 900 ? 'in 15 min' : 'in 2 h';
  const [delivered, failed] = [sum(buckets, (b) => b.delivered), sum(buckets, (b) => b.failed)];
  const count = (value: number) => (Number.isInteger(value) ? number(value) : '');
  const lag = most(buckets.map((b) => b.lag_p95_seconds));
  const waiting = most(buckets.map((b) => b.most_waiting?.webhooks_waiting));
  const queued = most(buckets.map((b) => b.most_waiting?.tasks_queued));
  const ended = (b: Bucket) => b.tasks.failed + b.tasks.error + b.tasks.canceled + b.tasks.expired;
  const plots: {
    title: string;
    summary: string;
    times: number[];
    lines: Line[];
    format: (value: number) => string;
    range?: [number, number];
  }[] = [
    {
      title: `Attempts ${per}`,
      summary: `${number(delivered)} delivered, ${number(failed)} failed`,
      times,
      format: count,
      lines: [
        { label: 'all', color: '--bad-chart', shape: 'bars', values: buckets.map((b) => b.delivered + b.failed) },
        { label: 'delivered', color: '--good-chart', shape: 'bars', values: buckets.map((b) => b.delivered) },
      ],
    },
    {
      title: 'Success rate',
      summary: delivered + failed === 0 ? 'no attempts' : `${percent(delivered / (delivered + failed))} of attempts`,
      times,
      format: (value) => `${Math.round(value * 100)} %`,
      range: [0, 1],
      lines: [{ label: 'delivered', color: '--good-chart', shape: 'area', values: buckets.map((b) => b.success_rate) }],
    },
    {
      title: 'Delivery lag',
      summary: lag === null ? 'nothing was delivered' : `95th percentile at most ${fewSeconds(lag)}`,
      times,
      format: fewSeconds,
      lines: [
        { label: '95 of 100 faster', color: '--warn-chart', shape: 'line', values: buckets.map((b) => b.lag_p95_seconds) },
        { label: 'half faster', color: '--accent-chart', shape: 'line', values: buckets.map((b) => b.lag_p50_seconds) },
      ],
    },
    {
      title: `Given up ${per}`,
      summary: plural(
        sum(buckets, (b) => b.dead),
        'webhook',
      ),
      times,
      format: count,
      lines: [{ label: 'dead', color: '--bad-chart', shape: 'bars', values: buckets.map((b) => b.dead) }],
    },
    {
      title: 'Waiting, at most',
      summary: waiting === null ? 'nobody looked' : `up to ${plural(waiting, 'webhook')} and ${plural(queued ?? 0, 'task')}`,
      times,
      format: count,
      lines: [
        { label: 'dead', color: '--bad-chart', shape: 'line', values: buckets.map((b) => b.most_waiting?.webhooks_dead ?? null) },
        { label: 'held', color: '--warn-chart', shape: 'line', values: buckets.map((b) => b.most_waiting?.webhooks_held ?? null) },
        { label: 'webhooks', color: '--good-chart', shape: 'line', values: buckets.map((b) => b.most_waiting?.webhooks_waiting ?? null) },
        { label: 'tasks', color: '--accent-chart', shape: 'line', values: buckets.map((b) => b.most_waiting?.tasks_queued ?? null) },
      ],
    },
    {
      title: `Tasks ended ${per}`,
      summary: `${number(sum(buckets, (b) => b.tasks.completed))} completed, ${number(sum(buckets, ended))} otherwise`,
      times,
      format: count,
      lines: [
        { label: 'all', color: '--warn-chart', shape: 'bars', values: buckets.map((b) => b.tasks.completed + ended(b)) },
        { label: 'completed', color: '--accent-chart', shape: 'bars', values: buckets.map((b) => b.tasks.completed) },
      ],
    },
  ];
  return plots;
}
