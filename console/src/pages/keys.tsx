import { useQuery } from '@tanstack/react-query';
import { get, query, send } from '../api/client';
import { type ApiKey, type Page as Items, type NewKey, SCOPES } from '../api/types';
import { useSession } from '../session';
import { Badge } from '../ui/badge';
import { Action, Labeled } from '../ui/dialog';
import { FilterBar, type FilterField, Pager, useFilters } from '../ui/filters';
import { Page, Panel } from '../ui/page';
import { Empty, Show } from '../ui/show';
import { Table } from '../ui/table';
import { Copy, Id } from '../ui/text';
import { Ago, useNow } from '../ui/time';

const FIELDS: FilterField[] = [{ name: 'tenant', label: 'Tenant' }];
const DAY = 86_400;

export default function Keys() {
  const filters = useFilters(FIELDS.map(({ name }) => name));
  const keys = useQuery({
    queryKey: ['keys', filters.values, filters.cursor],
    queryFn: ({ signal }) => get<Items<ApiKey>>(`/admin/keys${query({ ...filters.values, cursor: filters.cursor, limit: 50 })}`, signal),
    refetchInterval: 15_000,
  });
  return (
    <Page
      title="API keys"
      lead={<p>Who may do what, newest first. A key is shown once, when it is made; only its hash is kept.</p>}
      actions={<Create />}
    >
      <FilterBar fields={FIELDS} filters={filters} />
      <Panel title="Keys of all tenants">
        <Show query={keys} lines={6}>
          {({ items, next_cursor }) =>
            items.length === 0 ? (
              <Empty title="No key matches." />
            ) : (
              <>
                <KeyTable keys={items} />
                <Pager filters={filters} next={next_cursor} shown={items.length} />
              </>
            )
          }
        </Show>
      </Panel>
    </Page>
  );
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const now = useNow();
  const own = useSession().data?.key_id;
  const live = ({ revoked_at, expires_at }: ApiKey) => revoked_at === null && (expires_at === null || Date.parse(expires_at) > now);
  return (
    <Table
      caption="API keys"
      rows={keys}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Name',
          label: 'Name',
          className: 'grow',
          cell: ({ name, id }) => (
            <>
              <b>{name}</b> {id === own && <span className="faint">(yours)</span>}
              <span className="meta">
                <Id id={id} />
              </span>
            </>
          ),
        },
        { head: 'Tenant', label: 'Tenant', cell: ({ tenant }) => tenant },
        { head: 'Scopes', label: 'Scopes', cell: ({ scopes }) => scopes.join(', ') },
        { head: 'State', label: 'State', cell: (key) => <Badge state={live(key) ? 'live' : key.revoked_at ? 'revoked' : 'expired'} /> },
        { head: 'Created', label: 'Created', cell: ({ created_at }) => <Ago at={created_at} /> },
        { head: 'Expires', label: 'Expires', cell: ({ expires_at }) => <Ago at={expires_at} none="never" /> },
        { head: 'Last used', label: 'Last used', cell: ({ last_used_at }) => <Ago at={last_used_at} none="never" /> },
        {
          head: null,
          label: 'What can be done',
          className: 'right end',
          cell: (key) =>
            live(key) && (
              <div className="actions">
                <Rotate apiKey={key} />
                <Revoke apiKey={key} own={key.id === own} />
              </div>
            ),
        },
      ]}
    />
  );
}

function Create() {
  return (
    <Action
      label="New key…"
      className="primary"
      title="Make a new API key"
      confirm="Make it"
      act={(fields) => {
        const days = Number(fields.get('days'));
        return send<NewKey>('POST', '/admin/keys', {
          tenant: String(fields.get('tenant')).trim(),
          name: String(fields.get('name')).trim(),
          scopes: fields.getAll('scopes'),
          ...(days > 0 && { expires_in: Math.round(days * DAY) }),
        });
      }}
      done={(made) => <OnlyOnce made={made} />}
    >
      <Labeled label="Tenant" hint="A new one needs nothing else.">
        <input name="tenant" required maxLength={200} autoComplete="off" spellCheck={false} />
      </Labeled>
      <Labeled label="Name" hint="What it does is written down under it.">
        <input name="name" required maxLength={200} autoComplete="off" />
      </Labeled>
      <fieldset className="choices">
        <legend>Scopes</legend>
        {SCOPES.map((scope) => (
          <label key={scope}>
            <input type="checkbox" name="scopes" value={scope} defaultChecked={scope !== 'admin'} /> {scope}
          </label>
        ))}
      </fieldset>
      <Labeled label="Expires after days" hint="Left empty: never.">
        <input name="days" type="number" min="1" max="3650" size={6} />
      </Labeled>
    </Action>
  );
}

/** The one moment in which it can be seen. */
function OnlyOnce({ made }: { made: NewKey }) {
  return (
    <div role="status">
      <p>
        The key <b>{made.name}</b> of {made.tenant}. It is shown this once and never again:
      </p>
      <p className="once">
        <code>{made.key}</code>
        <Copy text={made.key} label="Copy the key" />
      </p>
    </div>
  );
}

function Rotate({ apiKey }: { apiKey: ApiKey }) {
  return (
    <Action
      label="Rotate…"
      title={`Rotate “${apiKey.name}”`}
      confirm="Rotate"
      act={(fields) =>
        send<NewKey>('POST', `/admin/keys/${apiKey.id}/rotate`, { overlap_seconds: Math.round(Number(fields.get('hours')) * 3600) })
      }
      done={(made) => <OnlyOnce made={made} />}
    >
      <p>A new key of the same tenant, name, scopes and lifetime takes its place.</p>
      <Labeled label="The former one works on for hours" hint="So that callers can change over. 0: it ends at once.">
        <input name="hours" type="number" min="0" max="720" step="any" defaultValue="24" required size={6} />
      </Labeled>
    </Action>
  );
}

function Revoke({ apiKey, own }: { apiKey: ApiKey; own: boolean }) {
  return (
    <Action
      label="Revoke…"
      className="danger"
      danger
      title={`Revoke “${apiKey.name}”`}
      confirm="Revoke it"
      act={() => send('POST', `/admin/keys/${apiKey.id}/revoke`)}
    >
      <p>It is refused from now on. This cannot be taken back.</p>
      {own && <p className="refused">This is the key you are signed in with: you are signed out with it.</p>}
    </Action>
  );
}
