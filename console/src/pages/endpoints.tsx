import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client';
import type { Endpoint, Page as Items } from '../api/types';
import { LIVE } from '../query-client';
import { Badge, StatusCode } from '../ui/badge';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { milliseconds, number, words } from '../ui/format';
import { Page, Panel } from '../ui/page';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Url } from '../ui/text';
import { Ago } from '../ui/time';

const FIELDS: FilterField[] = [
  { name: 'state', label: 'State', options: ['active', 'paused', 'disabled'] },
  { name: 'breaker', label: 'Breaker', options: ['closed', 'open', 'half_open'] },
  { name: 'tenant', label: 'Tenant' },
];

export default function Endpoints() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const endpoints = useQuery({
    queryKey: ['endpoints', filters.values, filters.cursor],
    queryFn: ({ signal }) =>
      get<Items<Endpoint>>(`/admin/endpoints${query({ ...filters.values, cursor: filters.cursor, limit: 50 })}`, signal),
    ...LIVE,
  });
  return (
    <Page title="Endpoints" lead={<p>Where webhooks go, registered or made from a submitted address. Newest first.</p>}>
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Endpoints of all tenants">
        <Show query={endpoints} lines={8}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title={filters.any ? 'No endpoint matches.' : 'No endpoints yet.'} />
            ) : (
              <>
                <Table
                  caption="Endpoints"
                  rows={items}
                  rowKey={({ id }) => id}
                  columns={[
                    {
                      head: 'Endpoint',
                      label: 'Endpoint',
                      className: 'grow',
                      cell: ({ id, url, tenant, kind }) => (
                        <>
                          <Link href={`/endpoints/${id}`} className="block">
                            <Url url={url} />
                          </Link>
                          <span className="meta">
                            <span>{tenant}</span>
                            <span>{words(kind)}</span>
                          </span>
                        </>
                      ),
                    },
                    { head: 'State', label: 'State', cell: (row) => <States endpoint={row} /> },
                    {
                      head: 'Failures in a row',
                      label: 'Failures',
                      className: 'right',
                      cell: ({ consecutive_failures }) => number(consecutive_failures),
                    },
                    {
                      head: 'Last answer',
                      label: 'Last answer',
                      className: 'right',
                      cell: ({ last_status_code }) => <StatusCode code={last_status_code} />,
                    },
                    { head: 'Latency', label: 'Latency', className: 'right', cell: ({ latency_ms }) => milliseconds(latency_ms) },
                    {
                      head: 'Last success',
                      label: 'Last success',
                      cell: ({ last_success_at }) => <Ago at={last_success_at} none="never" />,
                    },
                    { head: 'Held', label: 'Held', className: 'right', cell: ({ held }) => number(held) },
                    {
                      head: 'Dead',
                      label: 'Dead',
                      className: 'right',
                      cell: ({ id, dead }) => (dead > 0 ? <Link href={`/dead-letters?endpoint_id=${id}`}>{number(dead)}</Link> : '0'),
                    },
                  ]}
                />
                <Pager filters={filters} next={next_cursor} shown={items.length} />
              </>
            )
          }
        </Show>
      </Panel>
    </Page>
  );
}

export function States({ endpoint: { state, breaker } }: { endpoint: Pick<Endpoint, 'state' | 'breaker'> }) {
  return (
    <span className="badges">
      <Badge state={state} />
      {breaker !== 'closed' && <Badge state={breaker}>breaker {words(breaker)}</Badge>}
    </span>
  );
}
