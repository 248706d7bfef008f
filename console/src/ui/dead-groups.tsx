import { Link } from 'wouter';
import { query } from '../api/client';
import type { DeadGroup } from '../api/types';
import { Badge } from './badge';
import { number, words } from './format';
import { Redeliver } from './redeliver';
import { Table } from './table';
import { Url } from './text';
import { Ago, Since } from './time';

/** Its rows, as a filter of the deliveries. */
export const rowsOf = ({ filter }: DeadGroup): string =>
  `/deliveries${query({ status: 'dead', endpoint_id: String(filter.endpoint_id), dead_reason: String(filter.dead_reason) })}${
    filter.error ? `&error=${encodeURIComponent(String(filter.error))}` : ''
  }`;

/** Which endpoint, since when, what error, how many rows. */
export function GroupTable({ groups }: { groups: readonly DeadGroup[] }) {
  return (
    <Table
      caption="Dead letters by endpoint, reason and error"
      rows={groups}
      rowKey={({ endpoint_id, dead_reason, error }) => `${endpoint_id} ${dead_reason} ${error}`}
      columns={[
        {
          head: 'Endpoint',
          label: 'Endpoint',
          className: 'grow',
          cell: (group) => (
            <>
              <Link href={`/endpoints/${group.endpoint_id}`} className="block">
                <Url url={group.url} />
              </Link>
              <span className="meta">
                <span>{group.tenant}</span>
                {group.endpoint_state === null ? (
                  <Badge state="gone">deleted</Badge>
                ) : (
                  group.endpoint_state !== 'active' && <Badge state={group.endpoint_state} />
                )}
                {group.breaker !== null && group.breaker !== 'closed' && (
                  <Badge state={group.breaker}>breaker {words(group.breaker)}</Badge>
                )}
              </span>
            </>
          ),
        },
        {
          head: 'Error',
          label: 'Error',
          className: 'grow',
          cell: ({ error, dead_reason }) => (
            <>
              <span className="error-text">{error ?? 'No error was noted.'}</span>
              <span className="meta">
                <span>{words(dead_reason)}</span>
              </span>
            </>
          ),
        },
        {
          head: 'Rows',
          label: 'Rows',
          className: 'right',
          cell: (group) => (
            <Link href={rowsOf(group)} className="big-number">
              {number(group.count)}
              {group.more && '+'}
            </Link>
          ),
        },
        {
          head: 'Since',
          label: 'Since',
          cell: ({ oldest_dead_at, newest_dead_at }) => (
            <>
              <b>
                <Since at={oldest_dead_at} />
              </b>
              <span className="meta">
                <span>
                  last <Ago at={newest_dead_at} />
                </span>
              </span>
            </>
          ),
        },
        {
          head: null,
          label: 'What can be done',
          className: 'right end',
          cell: (group) => (
            <div className="actions">
              <Link href={rowsOf(group)} className="button">
                Rows
              </Link>
              <Redeliver label="Redeliver…" filter={group.filter} disabled={group.endpoint_state === null} />
            </div>
          ),
        },
      ]}
    />
  );
}
