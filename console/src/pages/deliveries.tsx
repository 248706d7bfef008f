import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get, query } from '../api/client';
import { DEAD_REASONS, EVENT_TYPES, type Page as Items, OUTBOX_STATUSES, type OutboxRow, type RedeliveryFilter } from '../api/types';
import { LIVE } from '../query-client';
import { DeliveryTable } from '../ui/delivery-table';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { Page, Panel } from '../ui/page';
import { Redeliver } from '../ui/redeliver';
import { Empty, Show } from '../ui/show';

const FIELDS: FilterField[] = [
  { name: 'status', label: 'Status', options: OUTBOX_STATUSES },
  { name: 'dead_reason', label: 'Reason', options: DEAD_REASONS },
  { name: 'event_type', label: 'Event', options: EVENT_TYPES },
  { name: 'status_code', label: 'HTTP status', type: 'number', width: 5 },
  { name: 'error', label: 'Exact error', width: 20 },
  { name: 'endpoint_id', label: 'Endpoint id', width: 16 },
  { name: 'task_id', label: 'Task id', width: 16 },
  { name: 'tenant', label: 'Tenant', width: 10 },
  { name: 'since', label: 'Created since', type: 'datetime-local' },
  { name: 'until', label: 'Created before', type: 'datetime-local' },
];

export default function Deliveries() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const rows = useQuery({
    queryKey: ['outbox', filters.values, filters.cursor],
    queryFn: ({ signal }) =>
      get<Items<OutboxRow>>(`/admin/outbox${query({ ...filters.values, cursor: filters.cursor, limit: 50 })}`, signal),
    ...LIVE,
  });
  const dead = filters.values.status === 'dead';
  const select = (ids: string[], on: boolean) =>
    setSelected((former) => {
      const next = new Set(former);
      for (const id of ids) on ? next.add(id) : next.delete(id);
      return next;
    });
  return (
    <Page
      title="Deliveries"
      lead={<p>Each webhook on its way to one endpoint, newest first.{dead && ' Select rows to redeliver only those.'}</p>}
      actions={
        dead && (
          <>
            {selected.size > 0 && <Redeliver label={`Redeliver ${selected.size} selected…`} filter={{ ids: [...selected] }} />}
            <Redeliver label="Redeliver all that match…" filter={asOrder(filters.values)} className="button" />
          </>
        )
      }
    >
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Webhooks">
        <Show query={rows} lines={10}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title={filters.any ? 'No delivery matches.' : 'No deliveries yet.'}>
                {filters.any ? 'Loosen the filters to see others.' : 'A webhook is written when a task that names one ends.'}
              </Empty>
            ) : (
              <>
                <DeliveryTable rows={items} caption="Deliveries" {...(dead && { selected, select })} />
                <Pager filters={filters} next={next_cursor} shown={items.length} />
              </>
            )
          }
        </Show>
      </Panel>
    </Page>
  );
}

/** What the list filters by, as the order of a bulk redelivery. */
function asOrder({ status: _, status_code: code, ...rest }: Readonly<Record<string, string>>): RedeliveryFilter {
  return { ...rest, ...(code !== undefined && { status_code: Number(code) }) };
}
