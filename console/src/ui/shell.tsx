import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { get, send } from '../api/client';
import type { Session, Stats } from '../api/types';
import { client, LIVE } from '../query-client';
import { Dialog } from './dialog';
import { number } from './format';
import { THEMES, useTheme } from './theme';
import { Ago, useNow } from './time';

const PAGES = [
  ['Overview', '/'],
  ['Dead letters', '/dead-letters'],
  ['Deliveries', '/deliveries'],
  ['Endpoints', '/endpoints'],
  ['Tasks', '/tasks'],
  ['Alerts', '/alerts'],
  ['API keys', '/keys'],
  ['Audit', '/audit'],
] as const;

const SOON_MS = 10 * 60_000;

/** What is around every page: where one is, what is wrong, and the search. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const [menu, setMenu] = useState(false);
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the page is another one
  useEffect(() => {
    setMenu(false);
    if (first.current) first.current = false;
    else main.current?.focus();
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="top">
        <button type="button" className="quiet menu-button" onClick={() => setMenu(true)}>
          Menu
        </button>
        <Link href="/" className="brand">
          <Mark />
          Postback
        </Link>
        <SearchBox />
        <div className="who">
          <ThemeSwitch />
          <span className="name" title={`Signed in with the key “${session.name}”`}>
            {session.name}
          </span>
          <SignOut />
        </div>
      </header>
      <nav className="side" aria-label="Pages of the console">
        <Links />
      </nav>
      <Dialog title="Pages" open={menu} close={() => setMenu(false)}>
        <nav className="menu" aria-label="Menu">
          <Links />
          <SignOut />
        </nav>
      </Dialog>
      <main id="main" ref={main} tabIndex={-1}>
        <Ending session={session} />
        {children}
      </main>
    </div>
  );
}

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" className="mark">
      <rect className="ground" width="32" height="32" rx="7" />
      <path className="envelope" d="M9 9h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2z M8 11l8 6 8-6" />
      <path className="stripes" d="M4 27.5h6M13 27.5h6M22 27.5h6" />
    </svg>
  );
}

function Links() {
  const [path] = useLocation();
  const stats = useQuery({ queryKey: ['stats'], queryFn: ({ signal }) => get<Stats>('/admin/stats', signal), ...LIVE });
  const counts: Readonly<Record<string, number | undefined>> = {
    '/dead-letters': stats.data?.outbox.dead,
    '/alerts': stats.data?.open_alerts,
  };
  return (
    <ul>
      {PAGES.map(([name, to]) => {
        const here = to === '/' ? path === '/' : path.startsWith(to) || (to === '/dead-letters' && path.startsWith('/redeliveries'));
        return (
          <li key={to}>
            <Link href={to} aria-current={here ? 'page' : undefined}>
              {name}
              {(counts[to] ?? 0) > 0 && <span className="count">{number(counts[to]!)}</span>}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** `/` leads here from anywhere. */
function SearchBox() {
  const [, go] = useLocation();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select, [contenteditable], [role=dialog]')) return;
      event.preventDefault();
      input.current?.select();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const search = (event: FormEvent) => {
    event.preventDefault();
    const text = input.current?.value.trim() ?? '';
    if (text !== '') go(`/search?q=${encodeURIComponent(text)}`);
  };
  return (
    <search>
      <form onSubmit={search} className="search">
        <input
          ref={input}
          type="search"
          name="q"
          aria-label="Search by any id"
          aria-keyshortcuts="/"
          placeholder="Search by any id"
          autoComplete="off"
          spellCheck={false}
        />
        <span aria-hidden="true" className="key">
          /
        </span>
      </form>
    </search>
  );
}

function ThemeSwitch() {
  const [theme, choose] = useTheme();
  return (
    <select className="theme" aria-label="Theme" value={theme} onChange={(event) => choose(event.target.value as (typeof THEMES)[number])}>
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function SignOut() {
  const leave = useMutation({
    mutationFn: () => send('DELETE', '/console/session'),
    onSettled: () => {
      // the session's own stays: whoever looks at it must see it end
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      client.setQueryData(['session'], null);
    },
  });
  return (
    <button type="button" className="quiet sign-out" disabled={leave.isPending} onClick={() => leave.mutate()}>
      Sign out
    </button>
  );
}

/** Nobody should be signed out in the middle of a repair without a word. */
function Ending({ session }: { session: Session }) {
  const now = useNow();
  if (Date.parse(session.expires_at) - now > SOON_MS) return null;
  return (
    <p className="stale" role="status">
      This session ends <Ago at={session.expires_at} />. Sign out and in again to go on.
    </p>
  );
}
