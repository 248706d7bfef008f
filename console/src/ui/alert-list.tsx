import { Link } from 'wouter';
import { send } from '../api/client';
import type { Alert } from '../api/types';
import { Badge } from './badge';
import { Action } from './dialog';
import { words } from './format';
import { Ago, Since } from './time';

/** Where one looks first, given what is wrong. */
function whereToLook({ kind, endpoint_id: endpoint, outbox_id: outbox, task_id: task }: Alert): [string, string][] {
  const links: [string, string][] = [];
  if (kind === 'dead_letter' && endpoint) links.push(['Dead letters', `/dead-letters?endpoint_id=${endpoint}`]);
  if (endpoint) links.push(['Endpoint', `/endpoints/${endpoint}`]);
  if (outbox) links.push(['Delivery', `/deliveries/${outbox}`]);
  if (task) links.push(['Task', `/tasks/${task}`]);
  if (links.length === 0) links.push(['Overview', '/']);
  return links;
}

/** The error that is named in it, if one is. */
const lastError = ({ detail }: Alert): string | null => (typeof detail?.last_error === 'string' ? detail.last_error : null);

export function AlertList({ alerts, full = false }: { alerts: readonly Alert[]; full?: boolean }) {
  return (
    <ul className="alerts">
      {alerts.map((alert) => (
        <li key={alert.id} id={alert.id} className={alert.state === 'resolved' ? 'over' : alert.severity}>
          <div className="alert-main">
            <p className="alert-title">{alert.title}</p>
            {lastError(alert) && <p className="error-text">{lastError(alert)}</p>}
            <p className="meta">
              <Badge state={alert.state === 'open' ? alert.severity : alert.state}>
                {alert.state === 'open' ? alert.severity : alert.state}
              </Badge>
              <span>{words(alert.kind)}</span>
              <span>
                {alert.resolved_at ? (
                  <>
                    resolved <Ago at={alert.resolved_at} />
                  </>
                ) : (
                  <>
                    for <Since at={alert.raised_at} />
                  </>
                )}
              </span>
              {alert.occurrences > 1 && (
                <span>
                  {alert.occurrences} times, last <Ago at={alert.last_raised_at} />
                </span>
              )}
              {alert.tenant && <span>tenant {alert.tenant}</span>}
              {alert.acknowledged_by && <span>taken on by {alert.acknowledged_by}</span>}
            </p>
            {full && <Notices alert={alert} />}
          </div>
          <div className="actions">
            {whereToLook(alert)
              .slice(0, full ? 4 : 2)
              .map(([name, to], at) => (
                <Link key={to} href={to} className={at === 0 && alert.state !== 'resolved' ? 'button primary' : 'button'}>
                  {name}
                </Link>
              ))}
            {alert.state === 'open' && <Acknowledge alert={alert} />}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Notices({ alert }: { alert: Alert }) {
  return (
    <p className="meta">
      {alert.notices.length === 0 ? (
        <span>no sink was told</span>
      ) : (
        alert.notices.map(({ sink, event, status, last_error }) => (
          <span key={`${sink} ${event}`} title={last_error ?? undefined}>
            {sink}: {event} {status}
          </span>
        ))
      )}
      {/^https?:\/\//i.test(alert.runbook) ? (
        <a href={alert.runbook} rel="noreferrer" target="_blank">
          Runbook
        </a>
      ) : (
        <span>runbook: {alert.runbook}</span>
      )}
    </p>
  );
}

function Acknowledge({ alert }: { alert: Alert }) {
  return (
    <Action
      label="Acknowledge"
      title="Take this alert on"
      confirm="Acknowledge"
      act={() => send('POST', `/admin/alerts/${alert.id}/acknowledge`)}
    >
      <p>{alert.title}</p>
      <p className="faint">The sinks are told that you have it, and remind nobody of it any more. It is resolved when the cause is gone.</p>
    </Action>
  );
}
