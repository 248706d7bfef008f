import { useSyncExternalStore } from 'react';
import { duration, local } from './format';

/** One clock for the whole page, so that all ages move together. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: number | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

export const useNow = (): number => useSyncExternalStore(listen, () => now);

/** How long ago, or in how long; the exact time as a title. */
export function Ago({ at, none = '–' }: { at: string | null | undefined; none?: string }) {
  const present = useNow();
  if (!at) return <span className="faint">{none}</span>;
  const seconds = (present - Date.parse(at)) / 1000;
  const text = Math.abs(seconds) < 2 ? 'now' : seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
  return (
    <time dateTime={at} title={local(at)} className="nowrap">
      {text}
    </time>
  );
}

/** For how long already. */
export function Since({ at }: { at: string }) {
  const present = useNow();
  return (
    <time dateTime={at} title={local(at)} className="nowrap">
      {duration((present - Date.parse(at)) / 1000)}
    </time>
  );
}

export function At({ at, none = '–' }: { at: string | null | undefined; none?: string }) {
  if (!at) return <span className="faint">{none}</span>;
  return (
    <time dateTime={at} title={at} className="nowrap">
      {local(at)}
    </time>
  );
}
