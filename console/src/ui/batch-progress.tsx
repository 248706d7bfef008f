import { useMutation, useQuery } from '@tanstack/react-query';
import { get, send } from '../api/client';
import type { Batch, EndpointDetail, Stats } from '../api/types';
import { Badge } from './badge';
import { Refused } from './dialog';
import { number } from './format';
import { Show } from './show';
import { useBatch } from './use-batch';

const SOON = { refetchInterval: 1000 } as const;

/** How far a bulk redelivery is, and what is left to send. */
export function BatchProgress({ id, of }: { id: string; of: number | null }) {
  const batch = useBatch(id);
  return (
    <Show query={batch}>
      {(data) => (
        <div className="batch">
          <Bar batch={data} of={of} />
          <dl className="counts">
            <Count name="sent on its way" value={data.redelivered} />
            <Count name="held, endpoint blocked" value={data.held} />
            <Count name="skipped" value={data.skipped} />
          </dl>
          <h3>Left to send</h3>
          {typeof data.filter.endpoint_id === 'string' ? <EndpointDrain id={data.filter.endpoint_id} /> : <Drain />}
          {data.state === 'running' && <Cancel id={id} />}
        </div>
      )}
    </Show>
  );
}

function Bar({ batch, of }: { batch: Batch; of: number | null }) {
  const done = batch.redelivered + batch.held + batch.skipped;
  const share = batch.state === 'completed' ? 1 : of === null || of === 0 ? null : Math.min(1, done / of);
  return (
    <>
      <p className="bar-head">
        <Badge state={batch.state} /> {number(done)}
        {of !== null && ` of ${number(of)}`} rows
      </p>
      <progress aria-label="Rows looked at" max={1} {...(share !== null && { value: share })} />
    </>
  );
}

function EndpointDrain({ id }: { id: string }) {
  const endpoint = useQuery({
    queryKey: ['endpoint', id],
    queryFn: ({ signal }) => get<EndpointDetail>(`/admin/endpoints/${id}`, signal),
    ...SOON,
  });
  return (
    <Show query={endpoint} lines={1}>
      {({ waiting, held, dead }) => <Left waiting={waiting} held={held} dead={dead} of="this endpoint" />}
    </Show>
  );
}

function Drain() {
  const stats = useQuery({ queryKey: ['stats'], queryFn: ({ signal }) => get<Stats>('/admin/stats', signal), ...SOON });
  return (
    <Show query={stats} lines={1}>
      {({ outbox }) => (
        <Left
          waiting={(outbox.pending ?? 0) + (outbox.delivering ?? 0)}
          held={outbox.held ?? 0}
          dead={outbox.dead ?? 0}
          of="all endpoints"
        />
      )}
    </Show>
  );
}

function Left({ waiting, held, dead, of }: { waiting: number; held: number; dead: number; of: string }) {
  const drained = waiting + held + dead === 0;
  return (
    <>
      <dl className="counts">
        <Count name="waiting" value={waiting} />
        <Count name="held" value={held} />
        <Count name="dead" value={dead} bad={dead > 0} />
      </dl>
      <p role="status" className={drained ? 'drained' : 'faint'}>
        {drained ? `Drained: nothing is left for ${of}.` : `Of ${of}; it moves by itself.`}
      </p>
    </>
  );
}

function Count({ name, value, bad = false }: { name: string; value: number; bad?: boolean }) {
  return (
    <div className={bad ? 'bad' : undefined}>
      <dt>{name}</dt>
      <dd>{number(value)}</dd>
    </div>
  );
}

function Cancel({ id }: { id: string }) {
  const cancel = useMutation({ mutationFn: () => send<Batch>('POST', `/admin/redeliveries/${id}/cancel`) });
  return (
    <>
      <button type="button" className="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
        Cancel the rest
      </button>
      {cancel.error && <Refused error={cancel.error} />}
    </>
  );
}
