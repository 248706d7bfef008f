import type { OutboxRow } from '../api/types';
import { Badge, StatusCode } from './badge';
import { words } from './format';
import { type Column, Table } from './table';
import { Id, Url } from './text';
import { Ago } from './time';

interface DeliveryTableParts {
  rows: readonly OutboxRow[];
  caption: string;
  selected?: ReadonlySet<string>;
  select?: (ids: string[], on: boolean) => void;
}

export function DeliveryTable({ rows, caption, selected, select }: DeliveryTableParts) {
  const columns: Column<OutboxRow>[] = [
    { head: 'Delivery', label: 'Delivery', cell: ({ id }) => <Id id={id} to={`/deliveries/${id}`} /> },
    {
      head: 'Status',
      label: 'Status',
      cell: ({ status, dead_reason }) => <Badge state={status}>{dead_reason ? `${status}: ${words(dead_reason)}` : status}</Badge>,
    },
    {
      head: 'To',
      label: 'To',
      className: 'grow',
      cell: ({ url, tenant, event_type }) => (
        <>
          <Url url={url} />
          <span className="meta">
            <span>{event_type}</span>
            <span>{tenant}</span>
          </span>
        </>
      ),
    },
    {
      head: 'Last answer',
      label: 'Last answer',
      className: 'grow',
      cell: ({ last_status_code, last_error, status }) =>
        last_error && status !== 'delivered' ? <span className="error-text">{last_error}</span> : <StatusCode code={last_status_code} />,
    },
    { head: 'Tries', label: 'Tries', className: 'right', cell: ({ attempts }) => attempts },
    { head: 'Next', label: 'Next', cell: ({ next_attempt_at }) => <Ago at={next_attempt_at} /> },
    { head: 'Created', label: 'Created', cell: ({ created_at }) => <Ago at={created_at} /> },
  ];
  if (selected && select) columns.unshift(selection(rows, selected, select));
  return <Table caption={caption} columns={columns} rows={rows} rowKey={({ id }) => id} marked={({ id }) => selected?.has(id) ?? false} />;
}

function selection(
  rows: readonly OutboxRow[],
  selected: ReadonlySet<string>,
  select: (ids: string[], on: boolean) => void,
): Column<OutboxRow> {
  const all = rows.length > 0 && rows.every(({ id }) => selected.has(id));
  return {
    className: 'tick',
    head: (
      <input
        type="checkbox"
        aria-label="Select every row of this page"
        checked={all}
        onChange={() =>
          select(
            rows.map(({ id }) => id),
            !all,
          )
        }
      />
    ),
    cell: ({ id }) => (
      <input
        type="checkbox"
        aria-label={`Select ${id}`}
        checked={selected.has(id)}
        onChange={(event) => select([id], event.target.checked)}
      />
    ),
  };
}
