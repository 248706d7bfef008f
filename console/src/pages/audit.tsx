import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client';
import type { AuditEntry, Page as Items } from '../api/types';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { Page, Panel } from '../ui/page';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Code, Id } from '../ui/text';
import { Ago } from '../ui/time';

const FIELDS: FilterField[] = [
  { name: 'action', label: 'Action' },
  { name: 'target_id', label: 'Target id', width: 20 },
  { name: 'tenant', label: 'Tenant', width: 10 },
  { name: 'key_id', label: 'Key id', width: 20 },
  { name: 'since', label: 'Since', type: 'datetime-local' },
  { name: 'until', label: 'Before', type: 'datetime-local' },
];

export default function Audit() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const entries = useQuery({
    queryKey: ['audit', filters.values, filters.cursor],
    queryFn: ({ signal }) =>
      get<Items<AuditEntry>>(`/admin/audit${query({ ...filters.values, cursor: filters.cursor, limit: 50 })}`, signal),
    refetchInterval: 15_000,
  });
  return (
    <Page title="Audit" lead={<p>Who changed what, newest first. It can only be added to.</p>}>
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Changes">
        <Show query={entries} lines={10}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title={filters.any ? 'No entry matches.' : 'Nobody has changed anything yet.'} />
            ) : (
              <>
                <Table
                  caption="Audit log"
                  rows={items}
                  rowKey={({ id }) => id}
                  columns={[
                    { head: 'When', label: 'When', cell: ({ created_at }) => <Ago at={created_at} /> },
                    {
                      head: 'Who',
                      label: 'Who',
                      cell: ({ actor, ip }) => (
                        <>
                          <b>{actor}</b>
                          <span className="meta">
                            <span>{ip ?? 'no address'}</span>
                          </span>
                        </>
                      ),
                    },
                    {
                      head: 'Action',
                      label: 'Action',
                      cell: ({ action }) => <Link href={`/audit?action=${encodeURIComponent(action)}`}>{action}</Link>,
                    },
                    { head: 'Target', label: 'Target', cell: ({ target_id }) => <Target id={target_id} /> },
                    { head: 'Tenant', label: 'Tenant', cell: ({ tenant }) => tenant ?? <span className="faint">–</span> },
                    { head: 'Change', label: 'Change', className: 'grow', cell: (entry) => <Change entry={entry} /> },
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

/** Most targets are ids; some are words. */
function Target({ id }: { id: string }) {
  return id.length === 36 ? <Id id={id} to={`/search?q=${encodeURIComponent(id)}`} /> : <span>{id}</span>;
}

function Change({ entry: { before, after, request_id } }: { entry: AuditEntry }) {
  return (
    <details className="change">
      <summary>{summarize(before, after)}</summary>
      <Code label="Before and after" value={{ before, after, request_id }} />
    </details>
  );
}

/** The names of what is not as it was. */
function summarize(before: unknown, after: unknown): string {
  const [a, b] = [before, after].map((side) => (side !== null && typeof side === 'object' ? (side as Record<string, unknown>) : {}));
  const names = [...new Set([...Object.keys(a!), ...Object.keys(b!)])].filter(
    (name) => JSON.stringify(a![name]) !== JSON.stringify(b![name]),
  );
  return names.length === 0 ? 'Details' : names.slice(0, 5).join(', ');
}
