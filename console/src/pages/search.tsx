import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { get, query } from '../api/client';
import type { Found, Page as Items } from '../api/types';
import { Badge } from '../ui/badge';
import { Page, Panel } from '../ui/page';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Ago } from '../ui/time';

/** Where each kind of thing is shown. */
function pageOf({ kind, id, task_id: task, tenant }: Found): string {
  switch (kind) {
    case 'task':
      return `/tasks/${id}`;
    case 'event':
      return `/tasks/${task ?? ''}`;
    case 'outbox':
      return `/deliveries/${id}`;
    case 'endpoint':
      return `/endpoints/${id}`;
    case 'redelivery':
      return `/redeliveries/${id}`;
    case 'alert':
      return `/alerts#${id}`;
    case 'key':
      return `/keys${query({ tenant })}`;
    case 'process':
      return '/';
  }
}

const NAMES: Readonly<Record<Found['kind'], string>> = {
  task: 'Task',
  event: 'Event of a task',
  outbox: 'Delivery',
  endpoint: 'Endpoint',
  redelivery: 'Bulk redelivery',
  alert: 'Alert',
  key: 'API key',
  process: 'Process',
};

export default function Search() {
  const [params] = useSearchParams();
  const [, go] = useLocation();
  const q = params.get('q') ?? '';
  const found = useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => get<Items<Found>>(`/admin/search${query({ q })}`, signal),
    enabled: q !== '',
  });
  const only = found.data?.items.length === 1 ? found.data.items[0] : undefined;
  useEffect(() => {
    if (only !== undefined) go(pageOf(only), { replace: true });
  }, [only, go]);
  return (
    <Page
      title="Search"
      lead={<p className="wrap-anywhere">{q === '' ? 'For an id of anything: a task, an event, a delivery, an endpoint, a key.' : q}</p>}
    >
      <Panel title="Found">
        {q === '' ? (
          <Empty title="Paste an id above." />
        ) : (
          <Show query={found} lines={2}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty title="Nothing has this id.">
                  It may have been erased or purged, or belong to another installation. Only whole ids are found.
                </Empty>
              ) : (
                <Table
                  caption="What was found"
                  rows={items}
                  rowKey={({ kind, id }) => `${kind} ${id}`}
                  columns={[
                    { head: 'Kind', label: 'Kind', cell: (row) => <Link href={pageOf(row)}>{NAMES[row.kind]}</Link> },
                    { head: 'What', label: 'What', className: 'grow', cell: ({ title }) => <span className="wrap-anywhere">{title}</span> },
                    {
                      head: 'State',
                      label: 'State',
                      cell: ({ state }) => (state === null ? <span className="faint">–</span> : <Badge state={state} />),
                    },
                    { head: 'Tenant', label: 'Tenant', cell: ({ tenant }) => tenant ?? <span className="faint">–</span> },
                    { head: 'Created', label: 'Created', cell: ({ created_at }) => <Ago at={created_at} /> },
                  ]}
                />
              )
            }
          </Show>
        )}
      </Panel>
    </Page>
  );
}
