import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { get, query } from '../api/client';
import {
  type Alert,
  type Bucket,
  type DeadGroup,
  type Page as Items,
  type Series,
  type ServiceProcess,
  type Stats,
  WINDOWS,
  type Window,
} from '../api/types';
import { LIVE } from '../query-client';
import { AlertList } from '../ui/alert-list';
import { Badge } from '../ui/badge';
import { Chart, type Line } from '../ui/chart';
import { GroupTable } from '../ui/dead-groups';
import { useFilters } from '../ui/filters';
import { duration, fewSeconds, number, percent, plural } from '../ui/format';
import { Page, Panel } from '../ui/page';
import { Show } from '../ui/show';
import { Table } from '../ui/table';
import { Ago } from '../ui/time';

export default function Overview() {
  const stats = useQuery({ queryKey: ['stats'], queryFn: ({ signal }) => get<Stats>('/admin/stats', signal), ...LIVE });
  return (
    <Page title="Overview" lead={<Sentence stats={stats.data} />}>
      <OpenAlerts />
      <Show query={stats} lines={2}>
        {(data) => <Tiles stats={data} />}
      </Show>
      {(stats.data?.outbox.dead ?? 0) > 0 && <WorstGroups />}
      <Charts />
      <Processes />
    </Page>
  );
}

/** The whole page in one line. */
function Sentence({ stats }: { stats: Stats | undefined }) {
  if (stats === undefined) return null;
  const { outbox, open_alerts: alerts, endpoints } = stats;
  const blocked = (endpoints.paused ?? 0) + (endpoints.disabled ?? 0) + (endpoints.breaker_open ?? 0);
  const wrong = [
    alerts > 0 && `${plural(alerts, 'alert')} not resolved`,
    (outbox.dead ?? 0) > 0 && `${plural(outbox.dead!, 'dead webhook')}`,
    blocked > 0 && `${plural(blocked, 'endpoint')} not sent to`,
  ].filter((part) => part !== false);
  return <p>{wrong.length === 0 ? 'Nothing waits for a person.' : wrong.join(' · ')}</p>;
}

function OpenAlerts() {
  const alerts = useQuery({
    queryKey: ['alerts', 'unresolved'],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(
        ['open', 'acknowledged'].map((state) => get<Items<Alert>>(`/admin/alerts${query({ state, limit: 10 })}`, signal)),
      );
      return lists.flatMap(({ items }) => items);
    },
    ...LIVE,
  });
  if (alerts.data?.length === 0) return null;
  return (
    <Panel title="Alerts that are not resolved" note={<Link href="/alerts">All alerts</Link>}>
      <Show query={alerts} lines={2}>
        {(items) => <AlertList alerts={items} />}
      </Show>
    </Panel>
  );
}

function Tiles({ stats }: { stats: Stats }) {
  const { outbox, tasks, endpoints } = stats;
  return (
    <ul className="tiles">
      <Tile name="Dead" value={outbox.dead} to="/dead-letters" bad={(outbox.dead ?? 0) > 0} note="wait for a person" />
      <Tile
        name="Held"
        value={outbox.held}
        to="/deliveries?status=held"
        warn={(outbox.held ?? 0) > 0}
        note={stats.oldest_held_seconds === null ? 'nothing is blocked' : `oldest for ${duration(stats.oldest_held_seconds)}`}
      />
      <Tile
        name="Due now"
        value={stats.due_webhooks ?? 0}
        to="/deliveries?status=pending"
        warn={(stats.oldest_due_seconds ?? 0) > 60}
        note={stats.oldest_due_seconds === null ? 'nobody waits' : `oldest for ${duration(stats.oldest_due_seconds)}`}
      />
      <Tile
        name="On schedule"
        value={(outbox.pending ?? 0) + (outbox.delivering ?? 0)}
        to="/deliveries?status=pending"
        note={`${number(outbox.delivering ?? 0)} being sent`}
      />
      <Tile
        name="Tasks queued"
        value={tasks.queued}
        to="/tasks?status=processing"
        note={stats.oldest_queued_seconds === null ? 'nobody waits' : `oldest for ${duration(stats.oldest_queued_seconds)}`}
      />
      <Tile
        name="Tasks running"
        value={tasks.running}
        to="/tasks?status=processing"
        note={`${number(tasks.canceling ?? 0)} being canceled`}
      />
      <Tile
        name="Breakers open"
        value={endpoints.breaker_open}
        to="/endpoints?breaker=open"
        bad={(endpoints.breaker_open ?? 0) > 0}
        note="kept failing"
      />
      <Tile
        name="Paused, disabled"
        value={(endpoints.paused ?? 0) + (endpoints.disabled ?? 0)}
        to="/endpoints?state=paused"
        note={`${number(endpoints.disabled ?? 0)} disabled`}
      />
    </ul>
  );
}

function Tile({
  name,
  value = 0,
  to,
  note,
  bad,
  warn,
}: {
  name: string;
  value?: number;
  to: string;
  note: string;
  bad?: boolean;
  warn?: boolean;
}) {
  return (
    <li className={bad ? 'bad' : warn ? 'warn' : undefined}>
      <Link href={to}>
        <span className="tile-name">{name}</span>
        <span className="tile-value">{number(value)}</span>
        <span className="tile-note">{note}</span>
      </Link>
    </li>
  );
}

function WorstGroups() {
  const groups = useQuery({
    queryKey: ['dead-letters', 'latest'],
    queryFn: ({ signal }) => get<Items<DeadGroup>>('/admin/dead-letters?limit=3', signal),
    ...LIVE,
  });
  return (
    <Panel title="Latest dead letters" note={<Link href="/dead-letters">All dead letters</Link>}>
      <Show query={groups}>{({ items }) => <GroupTable groups={items.slice(0, 4)} />}</Show>
    </Panel>
  );
}

function Charts() {
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
  const waiting = buckets.some((b) => b.waiting != null || b.queued != null);
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
  ];
  if (waiting)
    plots.push({
      title: 'Queue depth',
      summary: `at most ${number(most(buckets.map((b) => b.waiting)) ?? 0)} webhooks, ${number(most(buckets.map((b) => b.queued)) ?? 0)} tasks`,
      times,
      format: count,
      lines: [
        { label: 'webhooks that wait', color: '--accent-chart', shape: 'area', values: buckets.map((b) => b.waiting ?? null) },
        { label: 'tasks queued', color: '--warn-chart', shape: 'line', values: buckets.map((b) => b.queued ?? null) },
      ],
    });
  plots.push(
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
      title: `Tasks ended ${per}`,
      summary: `${number(sum(buckets, (b) => b.tasks.completed))} completed, ${number(sum(buckets, ended))} otherwise`,
      times,
      format: count,
      lines: [
        { label: 'all', color: '--warn-chart', shape: 'bars', values: buckets.map((b) => b.tasks.completed + ended(b)) },
        { label: 'completed', color: '--accent-chart', shape: 'bars', values: buckets.map((b) => b.tasks.completed) },
      ],
    },
  );
  return plots;
}

function Processes() {
  const processes = useQuery({
    queryKey: ['processes'],
    queryFn: ({ signal }) => get<Items<ServiceProcess>>('/admin/processes', signal),
    ...LIVE,
  });
  return (
    <Panel title="Processes">
      <Show query={processes} lines={2}>
        {({ items }) => (
          <Table
            caption="Processes and their roles"
            rows={items}
            rowKey={({ id }) => id}
            columns={[
              { head: 'Process', label: 'Process', cell: ({ host, pid }) => <b>{`${host} ${pid}`}</b> },
              { head: 'Roles', label: 'Roles', cell: ({ roles }) => roles.join(', ') },
              { head: 'State', label: 'State', cell: ({ alive }) => <Badge state={alive ? 'alive' : 'lost'} /> },
              { head: 'Last heard of', label: 'Heard of', cell: ({ heartbeat_at }) => <Ago at={heartbeat_at} /> },
              { head: 'Started', label: 'Started', cell: ({ started_at }) => <Ago at={started_at} /> },
              { head: 'Version', label: 'Version', cell: ({ version }) => version },
            ]}
          />
        )}
      </Show>
    </Panel>
  );
}
