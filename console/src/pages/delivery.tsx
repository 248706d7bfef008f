import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { get, send } from '../api/client';
import type { Attempt, OutboxRow, Delivery as Row } from '../api/types';
import { Badge, StatusCode } from '../ui/badge';
import { Action } from '../ui/dialog';
import { milliseconds, words } from '../ui/format';
import { Facts, Page, Panel } from '../ui/page';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Code, Copy, Id, Url } from '../ui/text';
import { Ago, At } from '../ui/time';

const CAN_BE_SENT = ['dead', 'delivered', 'held'];

export default function Delivery({ id }: { id: string }) {
  const row = useQuery({
    queryKey: ['delivery', id],
    queryFn: ({ signal }) => get<Row>(`/admin/outbox/${id}`, signal),
    refetchInterval: 2000,
  });
  return (
    <Page
      title="Delivery"
      up={['Deliveries', '/deliveries']}
      lead={row.data && <Url url={row.data.url} wrap />}
      actions={row.data && CAN_BE_SENT.includes(row.data.status) && <Again row={row.data} />}
    >
      <Show query={row} lines={8}>
        {(data) => (
          <>
            <Panel
              title={<Badge state={data.status}>{data.dead_reason ? `${data.status}: ${words(data.dead_reason)}` : data.status}</Badge>}
              note={<Id id={data.id} />}
            >
              {data.last_error && data.status !== 'delivered' && <p className="error-text strong">{data.last_error}</p>}
              <Facts
                facts={[
                  ['Event', data.event_type],
                  ['Task', <Id key="task" id={data.task_id} to={`/tasks/${data.task_id}`} />],
                  ['Endpoint', <Id key="endpoint" id={data.endpoint_id} to={`/endpoints/${data.endpoint_id}`} />],
                  ['Tenant', data.tenant],
                  ['webhook-id', <Id key="event" id={data.event_id} />],
                  ['Tries', `${data.attempts}, of which ${data.attempts_charged} of ${data.max_attempts} count`],
                  ['Created', <At key="created" at={data.created_at} />],
                  ['Next try', <Ago key="next" at={data.next_attempt_at} />],
                  ['Delivered', <At key="delivered" at={data.delivered_at} />],
                  ['Dead', <At key="dead" at={data.dead_at} />],
                ]}
              />
            </Panel>
            <Panel title="Attempts" note={`${data.attempt_log.length} shown, the latest first`}>
              {data.attempt_log.length === 0 ? <Empty title="Nothing was sent yet." /> : <Attempts log={data.attempt_log} />}
            </Panel>
            <div className="two">
              <Panel title="The schedule ahead">
                <Schedule row={data} />
              </Panel>
              <Panel title="Signature">
                <Signature row={data} />
              </Panel>
            </div>
            <Body body={data.body} />
          </>
        )}
      </Show>
    </Page>
  );
}

function Again({ row }: { row: Row }) {
  return (
    <Action
      label="Redeliver…"
      className="primary"
      title="Redeliver this webhook"
      confirm="Redeliver"
      act={() => send<OutboxRow>('POST', `/admin/outbox/${row.id}/redeliver`)}
      done={({ status }) => (
        <p role="status">
          {status === 'held'
            ? 'Its endpoint is blocked: the webhook is held until it is resumed.'
            : 'It is on its way. The attempts appear on this page.'}
        </p>
      )}
    >
      <p>
        <Url url={row.url} wrap />
      </p>
      <p className="faint">The same event id and body, with a full new schedule.</p>
    </Action>
  );
}

function Attempts({ log }: { log: readonly Attempt[] }) {
  return (
    <ol className="attempts">
      {[...log].reverse().map((attempt, at) => (
        <li key={attempt.attempt}>
          <details open={at === 0}>
            <summary>
              <b>#{attempt.attempt}</b>
              <Badge state={attempt.outcome} />
              <StatusCode code={attempt.status_code} />
              <span className="faint">{milliseconds(attempt.duration_ms)}</span>
              <At at={attempt.started_at} />
              {attempt.trigger !== 'schedule' && <span className="faint">{attempt.trigger}</span>}
              {!attempt.charged && attempt.outcome !== 'delivered' && <span className="faint">does not count</span>}
              <span className="error-text summary-error">{attempt.error}</span>
            </summary>
            <div className="two">
              <div>
                <h3>Request headers</h3>
                {attempt.request ? <Headers headers={attempt.request.headers} /> : <p className="faint">Nothing left, or nobody saw it.</p>}
              </div>
              <div>
                <h3>Answer {attempt.error_code && <span className="faint">{attempt.error_code}</span>}</h3>
                {attempt.response_excerpt ? (
                  <Code value={attempt.response_excerpt} exact label={`Excerpt of the answer to attempt ${attempt.attempt}`} />
                ) : (
                  <p className="faint">No body was kept.</p>
                )}
              </div>
            </div>
          </details>
        </li>
      ))}
    </ol>
  );
}

function Headers({ headers }: { headers: Record<string, string> }) {
  return (
    <Code
      exact
      label="Request headers"
      value={Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n')}
    />
  );
}

function Schedule({ row: { schedule = [], status, max_attempts } }: { row: Row }) {
  if (schedule.length === 0) return <Empty title={status === 'held' ? 'Held: its endpoint is blocked.' : 'No try is planned.'} />;
  return (
    <>
      <Table
        caption="Tries ahead"
        rows={schedule}
        rowKey={({ attempt_charged }) => String(attempt_charged)}
        columns={[
          { head: 'Try', label: 'Try', cell: ({ attempt_charged }) => `${attempt_charged} of ${max_attempts}` },
          { head: 'Not before', label: 'Not before', cell: ({ not_before }) => <At at={not_before} /> },
          { head: 'In', label: 'In', cell: ({ not_before }) => <Ago at={not_before} /> },
        ]}
      />
      <p className="faint pad">As long as each of them fails and is charged to the receiver.</p>
    </>
  );
}

function Signature({ row: { signature, event_id } }: { row: Row }) {
  if (!signature) return <Empty title="It was not checked." />;
  const { valid, secrets, secret_hint, problem } = signature;
  return (
    <>
      <p className="pad">
        <Badge state={valid ? 'valid' : 'invalid'} />{' '}
        {valid
          ? 'The stored body was signed and verified again just now, as a receiver does it.'
          : `It cannot be signed: ${words(problem ?? 'unknown')}.`}
      </p>
      <Facts
        facts={[
          ['Schemes', 'x-webhook-signature, Standard Webhooks'],
          ['Secrets that sign', secrets],
          ['Secret', secret_hint ?? '–'],
          ['webhook-id', <Id key="id" id={event_id} />],
        ]}
      />
    </>
  );
}

function Body({ body }: { body: string | null }) {
  const [exact, setExact] = useState(false);
  return (
    <Panel
      title="Body"
      note={
        body !== null && (
          <>
            <button type="button" className="small quiet" aria-pressed={exact} onClick={() => setExact(!exact)}>
              {exact ? 'Indented' : 'As it is sent'}
            </button>
            <Copy text={body} />
          </>
        )
      }
    >
      {body === null ? (
        <Empty title="The body was purged.">
          Its <Link href="/audit">audit log</Link> may tell why.
        </Empty>
      ) : (
        <Code value={body} exact={exact} label="Body of the webhook" />
      )}
    </Panel>
  );
}
