import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, send } from '../api/client';
import type { EndpointAttempt, EndpointDetail, Page as Items, TestOutcome } from '../api/types';
import { AttemptStrip } from '../ui/attempt-strip';
import { Badge, StatusCode } from '../ui/badge';
import { Action, Labeled } from '../ui/dialog';
import { milliseconds, number, words } from '../ui/format';
import { Facts, Page, Panel } from '../ui/page';
import { Redeliver } from '../ui/redeliver';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Code, Id, Url } from '../ui/text';
import { Ago, At } from '../ui/time';
import { States } from './endpoints';

const OFTEN = { refetchInterval: 2000 } as const;

export default function Endpoint({ id }: { id: string }) {
  const endpoint = useQuery({
    queryKey: ['endpoint', id],
    queryFn: ({ signal }) => get<EndpointDetail>(`/admin/endpoints/${id}`, signal),
    ...OFTEN,
  });
  return (
    <Page
      title="Endpoint"
      up={['Endpoints', '/endpoints']}
      lead={endpoint.data && <Url url={endpoint.data.url} wrap />}
      actions={endpoint.data && <Actions endpoint={endpoint.data} />}
    >
      <Show query={endpoint} lines={8}>
        {(data) => (
          <>
            <Load endpoint={data} />
            <Panel title={<States endpoint={data} />} note={<Id id={data.id} />}>
              {data.state_reason && <p className="error-text strong">{data.state_reason}</p>}
              <Facts facts={health(data)} />
            </Panel>
          </>
        )}
      </Show>
      <Attempts id={id} />
      {endpoint.data && (
        <Panel title="Settings and limits">
          <Facts facts={settings(endpoint.data)} />
        </Panel>
      )}
    </Page>
  );
}

/** What is for it, and what can be done about it. */
function Load({ endpoint: { id, waiting = 0, held, dead } }: { endpoint: EndpointDetail }) {
  return (
    <ul className="tiles few">
      <li>
        <Link href={`/deliveries?endpoint_id=${id}&status=pending`}>
          <span className="tile-name">Waiting</span>
          <span className="tile-value">{number(waiting)}</span>
          <span className="tile-note">on schedule or being sent</span>
        </Link>
      </li>
      <li className={held > 0 ? 'warn' : undefined}>
        <Link href={`/deliveries?endpoint_id=${id}&status=held`}>
          <span className="tile-name">Held</span>
          <span className="tile-value">{number(held)}</span>
          <span className="tile-note">sent when it is resumed</span>
        </Link>
      </li>
      <li className={dead > 0 ? 'bad' : undefined}>
        <Link href={`/dead-letters?endpoint_id=${id}`}>
          <span className="tile-name">Dead</span>
          <span className="tile-value">{number(dead)}</span>
          <span className="tile-note">wait for a person</span>
        </Link>
        {dead > 0 && <Redeliver label="Redeliver…" filter={{ endpoint_id: id }} />}
      </li>
    </ul>
  );
}

const health = (data: EndpointDetail): [string, React.ReactNode][] => [
  ['Tenant', data.tenant],
  ['Kind', words(data.kind)],
  ['State since', <Ago key="since" at={data.state_changed_at} />],
  ['Failures in a row', number(data.consecutive_failures)],
  ['Last answer', <StatusCode key="code" code={data.last_status_code} />],
  ['Last success', <Ago key="success" at={data.last_success_at} none="never" />],
  ['Last failure', <Ago key="failure" at={data.last_failure_at} none="never" />],
  ['Latency', milliseconds(data.latency_ms)],
  ['Breaker', words(data.breaker)],
  ['Breaker opened', <Ago key="opened" at={data.breaker_opened_at} />],
  ['Next probe', <Ago key="probe" at={data.next_probe_at} />],
  ['Slow until', <Ago key="slow" at={data.slow_until} />],
];

const settings = (data: EndpointDetail): [string, React.ReactNode][] => [
  ['Description', data.description ?? '–'],
  ['Events', data.events?.join(', ') ?? 'every one'],
  ['Requests at once', data.limits?.max_in_flight ?? '–'],
  ['Time-out', data.limits ? `${data.limits.timeout} s` : '–'],
  ['Retries', data.limits?.retries ?? '–'],
  ['At most per second', data.rate_per_second ?? 'no limit'],
  ['Own headers', Object.keys(data.headers ?? {}).join(', ') || 'none'],
  ['Own schedule', data.retry ? JSON.stringify(data.retry) : 'none'],
  ['Created', <At key="created" at={data.created_at} />],
];

function Actions({ endpoint }: { endpoint: EndpointDetail }) {
  const { id, state, breaker, url } = endpoint;
  const path = `/admin/endpoints/${id}`;
  return (
    <>
      <Action
        label="Send a test…"
        title="Send a test event"
        confirm="Send it"
        act={() => send<TestOutcome>('POST', `${path}/test`)}
        done={(outcome) => <Tested outcome={outcome} />}
      >
        <p>
          <Url url={url} wrap />
        </p>
        <p className="faint">One signed webhook, sent now, that nobody tries again. What it answers is shown here.</p>
      </Action>
      <Action
        label="Edit URL…"
        title="Send to another URL"
        confirm="Change the URL"
        act={(fields) => send('PATCH', path, { url: String(fields.get('url')).trim() })}
      >
        <Labeled label="URL" hint="What waits for this endpoint goes along; its health so far is forgotten.">
          <input name="url" type="text" inputMode="url" defaultValue={url} required spellCheck={false} autoComplete="off" />
        </Labeled>
      </Action>
      {state === 'active' && (
        <Action
          label="Pause…"
          title="Pause this endpoint"
          confirm="Pause"
          act={(fields) => send('POST', `${path}/pause`, { reason: String(fields.get('reason')) || undefined })}
        >
          <p>Nothing is sent to it until it is resumed; what is for it is held.</p>
          <Labeled label="Reason" hint="For whoever finds it paused.">
            <input name="reason" type="text" maxLength={200} autoComplete="off" />
          </Labeled>
        </Action>
      )}
      {(state !== 'active' || breaker !== 'closed') && (
        <Action
          label="Resume…"
          className="primary"
          title="Resume this endpoint"
          confirm="Resume"
          act={() => send('POST', `${path}/resume`)}
        >
          <p>It is sent to again at once, whether it was paused, disabled or kept failing. What is held follows by itself.</p>
        </Action>
      )}
    </>
  );
}

function Tested({ outcome }: { outcome: TestOutcome }) {
  const { delivered, status_code, duration_ms, error, response_excerpt } = outcome;
  return (
    <div role="status">
      <p>
        <Badge state={outcome.outcome} /> <StatusCode code={status_code} /> <span className="faint">{milliseconds(duration_ms)}</span>
      </p>
      <p className={delivered ? 'drained' : 'error-text strong'}>{delivered ? 'The receiver took it.' : (error ?? 'It was not taken.')}</p>
      {response_excerpt && <Code exact value={response_excerpt} label="What it answered" />}
    </div>
  );
}

function Attempts({ id }: { id: string }) {
  const attempts = useQuery({
    queryKey: ['endpoint-attempts', id],
    queryFn: ({ signal }) => get<Items<EndpointAttempt>>(`/admin/endpoints/${id}/attempts`, signal),
    ...OFTEN,
  });
  return (
    <Panel title="Attempts" note="the last hundred">
      <Show query={attempts} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was sent to it yet." />
          ) : (
            <>
              <AttemptStrip attempts={items} />
              <Table
                caption="The latest attempts"
                rows={items.slice(0, 20)}
                rowKey={({ outbox_id, attempt }) => `${outbox_id} ${attempt}`}
                columns={[
                  { head: 'When', label: 'When', cell: ({ started_at }) => <Ago at={started_at} /> },
                  { head: 'Delivery', label: 'Delivery', cell: ({ outbox_id }) => <Id id={outbox_id} to={`/deliveries/${outbox_id}`} /> },
                  { head: 'Try', label: 'Try', className: 'right', cell: ({ attempt }) => `#${attempt}` },
                  { head: 'Outcome', label: 'Outcome', cell: ({ outcome }) => <Badge state={outcome} /> },
                  { head: 'Answer', label: 'Answer', className: 'right', cell: ({ status_code }) => <StatusCode code={status_code} /> },
                  { head: 'Took', label: 'Took', className: 'right', cell: ({ duration_ms }) => milliseconds(duration_ms) },
                  {
                    head: 'Error',
                    label: 'Error',
                    className: 'grow',
                    cell: ({ error }) => (error ? <span className="error-text">{error}</span> : <span className="faint">–</span>),
                  },
                ]}
              />
            </>
          )
        }
      </Show>
    </Panel>
  );
}
