import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client';
import { type Batch, DEAD_REASONS, type DeadGroup, type Page as Items, type RedeliveryFilter } from '../api/types';
import { LIVE } from '../query-client';
import { Badge } from '../ui/badge';
import { GroupTable } from '../ui/dead-groups';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { number } from '../ui/format';
import { Page, Panel } from '../ui/page';
import { Redeliver } from '../ui/redeliver';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Id } from '../ui/text';
import { Ago } from '../ui/time';

const FIELDS: FilterField[] = [
  { name: 'endpoint_id', label: 'Endpoint id', width: 22 },
  { name: 'tenant', label: 'Tenant' },
  { name: 'dead_reason', label: 'Reason', options: DEAD_REASONS },
];

export default function DeadLetters() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const groups = useQuery({
    queryKey: ['dead-letters', filters.values, filters.cursor],
    queryFn: ({ signal }) => get<Items<DeadGroup>>(`/admin/dead-letters${query({ ...filters.values, cursor: filters.cursor })}`, signal),
    ...LIVE,
  });
  const filter: RedeliveryFilter = filters.values;
  return (
    <Page
      title="Dead letters"
      lead={<p>Webhooks that are not tried any more and wait for a person, by endpoint, reason and error.</p>}
      actions={
        (groups.data?.items.length ?? 0) > 0 && (
          <Redeliver label={filters.any ? 'Redeliver all that match…' : 'Redeliver all…'} filter={filter} className="button" />
        )
      }
    >
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Groups">
        <Show query={groups} lines={6}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title={filters.any ? 'No dead letter matches.' : 'No dead letters.'}>
                {filters.any ? 'Loosen the filters to see others.' : 'Every webhook was delivered or is still on its way.'}
              </Empty>
            ) : (
              <>
                <GroupTable groups={items} />
                <Pager filters={filters} next={next_cursor} shown={items.length} />
              </>
            )
          }
        </Show>
      </Panel>
      <Batches />
    </Page>
  );
}

/** The latest bulk redeliveries, whoever asked for them. */
function Batches() {
  const batches = useQuery({
    queryKey: ['batches'],
    queryFn: ({ signal }) => get<Items<Batch>>('/admin/redeliveries?limit=8', signal),
    ...LIVE,
  });
  return (
    <Panel title="Bulk redeliveries">
      <Show query={batches} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was redelivered in bulk yet." />
          ) : (
            <Table
              caption="Bulk redeliveries"
              rows={items}
              rowKey={({ id }) => id}
              columns={[
                { head: 'Id', label: 'Id', cell: ({ id }) => <Id id={id} to={`/redeliveries/${id}`} /> },
                { head: 'State', label: 'State', cell: ({ state }) => <Badge state={state} /> },
                { head: 'Sent on', label: 'Sent on', className: 'right', cell: ({ redelivered }) => number(redelivered) },
                { head: 'Held', label: 'Held', className: 'right', cell: ({ held }) => number(held) },
                { head: 'Filter', label: 'Filter', className: 'grow', cell: ({ filter }) => <FilterText filter={filter} /> },
                { head: 'By', label: 'By', cell: ({ actor }) => actor },
                { head: 'Begun', label: 'Begun', cell: ({ created_at }) => <Ago at={created_at} /> },
                {
                  head: null,
                  label: 'More',
                  className: 'right',
                  cell: ({ id, state }) => <Link href={`/redeliveries/${id}`}>{state === 'running' ? 'Watch, cancel' : 'Look'}</Link>,
                },
              ]}
            />
          )
        }
      </Show>
    </Panel>
  );
}

export function FilterText({ filter }: { filter: RedeliveryFilter }) {
  const parts = Object.entries(filter).map(([name, value]) =>
    Array.isArray(value) ? `${value.length} selected rows` : `${name} ${value === '' ? '(none)' : value}`,
  );
  return <span className="filter-text">{parts.length === 0 ? 'all dead letters' : parts.join(' · ')}</span>;
}
