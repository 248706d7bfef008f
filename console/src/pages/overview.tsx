import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client';
import { type Alert, type DeadGroup, type Page as Items, type ServiceProcess, type Stats } from '../api/types';
import { LIVE } from '../query-client';
import { AlertList } from '../ui/alert-list';
import { Badge } from '../ui/badge';
import { GroupTable } from '../ui/dead-groups';
import { duration, number, plural } from '../ui/format';
import { Page, Panel } from '../ui/page';
import { Show } from '../ui/show';
import { Table } from '../ui/table';
import { Ago } from '../ui/time';
import { Charts } from './overview-charts';

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
    <Panel title="Dead letters" note={<Link href="/dead-letters">All dead letters</Link>}>
      <Show query={groups}>{({ items }) => <GroupTable groups={items.slice(0, 4)} />}</Show>
    </Panel>
  );
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
