import { useQuery } from '@tanstack/react-query';
import { get, query, send } from '../api/client';
import type { Alert, Page as Items } from '../api/types';
import { LIVE } from '../query-client';
import { AlertList } from '../ui/alert-list';
import { Badge } from '../ui/badge';
import { Action } from '../ui/dialog';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { milliseconds } from '../ui/format';
import { Page, Panel } from '../ui/page';
import { Empty, Show } from '../ui/show';

const FIELDS: FilterField[] = [
  { name: 'state', label: 'State', options: ['open', 'acknowledged', 'resolved'] },
  { name: 'kind', label: 'Kind' },
];

interface SinkTest {
  exchanges: { sink: string; event: string; ok: boolean; status_code: number | null; error: string | null; duration_ms: number }[];
}

export default function Alerts() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const alerts = useQuery({
    queryKey: ['alerts', filters.values, filters.cursor],
    queryFn: ({ signal }) => get<Items<Alert>>(`/admin/alerts${query({ ...filters.values, cursor: filters.cursor })}`, signal),
    ...LIVE,
  });
  return (
    <Page
      title="Alerts"
      lead={<p>What needs a person, and who was told. Latest first.</p>}
      actions={
        <Action
          label="Test the sinks…"
          title="Send a test through every sink"
          confirm="Send it"
          act={() => send<SinkTest>('POST', '/admin/alerts/test')}
          done={({ exchanges }) => (
            <ul className="plain" role="status">
              {exchanges.map(({ sink, event, ok, error, duration_ms }) => (
                <li key={`${sink} ${event}`}>
                  <Badge state={ok ? 'sent' : 'failed'} /> {sink} {event} <span className="faint">{milliseconds(duration_ms)}</span> {error}
                </li>
              ))}
            </ul>
          )}
        >
          <p>Slack, PagerDuty, e-mail, whichever are configured: each gets a test that says so. Nothing of it is stored.</p>
        </Action>
      }
    >
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Alerts">
        <Show query={alerts}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title={filters.any ? 'No alert matches.' : 'No alerts.'}>
                {filters.any ? 'Loosen the filters to see others.' : 'Nothing has needed a person yet.'}
              </Empty>
            ) : (
              <>
                <AlertList alerts={items} full />
                <Pager filters={filters} next={next_cursor} shown={items.length} />
              </>
            )
          }
        </Show>
      </Panel>
    </Page>
  );
}
