import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { get, query, send } from '../api/client';
import type { Page as Items, OutboxRow, Task as Row, TaskEvent } from '../api/types';
import { Badge } from '../ui/badge';
import { DeliveryTable } from '../ui/delivery-table';
import { Action } from '../ui/dialog';
import { milliseconds } from '../ui/format';
import { Facts, Page, Panel } from '../ui/page';
import { ProgressBar } from '../ui/progress-bar';
import { Empty, Show } from '../ui/show';
import { Code, Copy, Id, Url } from '../ui/text';
import { Ago, At } from '../ui/time';
import { type Told, useTaskEvents } from '../ui/use-task-events';

export default function Task({ id }: { id: string }) {
  const task = useQuery({ queryKey: ['task', id], queryFn: ({ signal }) => get<Row>(`/admin/tasks/${id}`, signal), refetchInterval: 5000 });
  const told = useTaskEvents(id);
  return (
    <Page
      title={task.data ? `Task: ${task.data.type}` : 'Task'}
      up={['Tasks', '/tasks']}
      lead={task.data && <p>of tenant {task.data.tenant}</p>}
      actions={task.data && <Actions task={task.data} />}
    >
      <Show query={task} lines={8}>
        {(data) => (
          <>
            <Panel title={<Badge state={data.stage} />} note={<Id id={data.task_id} />}>
              {data.error && (
                <p className="error-text strong">
                  {data.error.message} <span className="faint">{data.error.code}</span>
                </p>
              )}
              {data.progress && (
                <div className="pad">
                  <ProgressBar progress={data.progress} />
                </div>
              )}
              <Facts facts={facts(data)} />
            </Panel>
            <div className="two">
              <Events told={told} />
              <Steps steps={data.steps} />
            </div>
            <Deliveries id={id} />
            <Data title="Result" value={data.result} none={data.stage === 'completed' ? 'The result is null.' : 'There is no result.'} />
            <Data title="Input" value={data.input} none="There is no input." />
            {data.metadata !== null && data.metadata !== undefined && <Data title="Metadata" value={data.metadata} none="" />}
          </>
        )}
      </Show>
    </Page>
  );
}

const facts = (data: Row): [string, React.ReactNode][] => [
  ['Created', <At key="created" at={data.created_at} />],
  ['Started', <At key="started" at={data.started_at} />],
  ['Ended', <At key="ended" at={data.finished_at} />],
  ['Runs', `${data.runs} charged, ${data.interruptions} cut short`],
  ['Next run', <Ago key="next" at={data.next_run_at} />],
  ['Aborted by', <Ago key="deadline" at={data.run_deadline_at} />],
  ['Expires', <Ago key="expires" at={data.expires_at} />],
  ['Time-out', `${data.timeout} s`],
  [
    'Worker',
    data.worker ? (
      <span key="worker" className="badges">
        {data.worker.host === null ? <Id id={data.worker.id} /> : `${data.worker.host} ${data.worker.pid}`}
        <Badge state={data.worker.alive ? 'alive' : 'lost'} />
      </span>
    ) : (
      '–'
    ),
  ],
  [
    'Webhook',
    data.webhook.url ? <Url key="url" url={data.webhook.url} wrap /> : data.webhook.endpoint_ids.length === 0 ? 'none' : 'to endpoints',
  ],
  [
    'Endpoints',
    data.webhook.endpoint_ids.length === 0 ? (
      '–'
    ) : (
      <span key="endpoints" className="badges">
        {data.webhook.endpoint_ids.map((id) => (
          <Id key={id} id={id} to={`/endpoints/${id}`} />
        ))}
      </span>
    ),
  ],
  ['Retried from', data.retried_from ? <Id key="from" id={data.retried_from} to={`/tasks/${data.retried_from}`} /> : '–'],
];

function Actions({ task: { task_id: id, stage } }: { task: Row }) {
  const [, go] = useLocation();
  if (stage === 'queued' || stage === 'running')
    return (
      <Action
        label="Cancel…"
        className="danger"
        danger
        title="Cancel this task"
        confirm="Cancel the task"
        act={() => send('POST', `/admin/tasks/${id}/cancel`)}
      >
        <p>Its run is told to stop. A result that is committed before that wins.</p>
      </Action>
    );
  if (stage === 'canceling') return null;
  return (
    <Action
      label="Retry…"
      className="primary"
      title="Do this task again"
      confirm="Retry"
      act={async () => {
        const { task_id } = await send<{ task_id: string }>('POST', `/admin/tasks/${id}/retry`);
        go(`/tasks/${task_id}`);
      }}
    >
      <p>As a new task with the same input, metadata, time-out and webhooks. This one stays as it is.</p>
    </Action>
  );
}

function Events({ told: { events, state } }: { told: Told }) {
  const note = state === 'live' ? 'live' : state === 'connecting' ? 'connecting' : 'the whole story';
  return (
    <Panel title="Events" note={<span className={state === 'live' ? 'live' : 'faint'}>{note}</span>}>
      {events.length === 0 ? (
        <Empty title="Nothing happened yet." />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
        <ol className="events" tabIndex={0} aria-label="Events, the latest first">
          {[...events].reverse().map((event) => (
            <li key={event.seq}>
              <span className="faint seq">{event.seq}</span>
              <b>{event.type.replace(/^task\./, '')}</b>
              <span className="event-text">{say(event)}</span>
              <Ago at={event.created_at} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** What it tells, in a line. */
function say({ data }: TaskEvent): string {
  if (data === null || typeof data !== 'object') return '';
  const { message, fraction, run, name, reason, delay_ms, level, error, duration_ms } = data as Record<string, unknown>;
  const parts = [
    typeof run === 'number' && `run ${run}`,
    typeof level === 'string' && level,
    typeof name === 'string' && name,
    typeof fraction === 'number' && `${Math.round(fraction * 100)} %`,
    typeof message === 'string' && message,
    typeof reason === 'string' && reason,
    typeof delay_ms === 'number' && `again in ${milliseconds(delay_ms)}`,
    typeof duration_ms === 'number' && milliseconds(duration_ms),
    typeof error === 'object' && error !== null && String((error as { message?: unknown }).message ?? ''),
  ];
  return parts.filter((part) => part !== false && part !== '').join(' · ');
}

function Steps({ steps }: { steps: Row['steps'] }) {
  return (
    <Panel title="Steps" note="done, and not done again">
      {steps.length === 0 ? (
        <Empty title="No step is finished." />
      ) : (
        <ol className="attempts">
          {steps.map(({ name, duration_ms, created_at, result_excerpt }) => (
            <li key={name}>
              <details>
                <summary>
                  <b>{name}</b>
                  {duration_ms !== undefined && <span className="faint">{milliseconds(duration_ms)}</span>}
                  <Ago at={created_at} />
                </summary>
                <Code value={result_excerpt ?? ''} label={`Result of the step ${name}`} />
              </details>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Deliveries({ id }: { id: string }) {
  const rows = useQuery({
    queryKey: ['outbox', 'task', id],
    queryFn: ({ signal }) => get<Items<OutboxRow>>(`/admin/outbox${query({ task_id: id, limit: 50 })}`, signal),
    refetchInterval: 4000,
  });
  return (
    <Panel title="Deliveries">
      <Show query={rows} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No webhook yet.">One is written for each endpoint when the task ends.</Empty>
          ) : (
            <DeliveryTable rows={items} caption="Deliveries of this task" />
          )
        }
      </Show>
    </Panel>
  );
}

function Data({ title, value, none }: { title: string; value: unknown; none: string }) {
  const text = value === null || value === undefined ? null : JSON.stringify(value, null, 2);
  return (
    <Panel title={title} note={text !== null && <Copy text={text} />}>
      {text === null ? <Empty title={none} /> : <Code exact value={text} label={title} />}
    </Panel>
  );
}
