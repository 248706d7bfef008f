import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../api/client';

/** A query's loading, failed and ready states, the same everywhere. What was there stays while a later look fails. */
export function Show<T>({
  query,
  children,
  lines = 4,
}: {
  query: UseQueryResult<T, Error>;
  children: (data: T) => ReactNode;
  lines?: number;
}) {
  const { data, error, isPending, refetch, isFetching } = query;
  if (data === undefined && error) return <Failed error={error} again={() => void refetch()} busy={isFetching} />;
  if (isPending || data === undefined) return <Loading lines={lines} />;
  return (
    <>
      {error && (
        <p className="stale" role="status">
          Not up to date: {error.message}
        </p>
      )}
      {children(data)}
    </>
  );
}

export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="hidden">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <i key={line} />
      ))}
    </div>
  );
}

export function Failed({ error, again, busy = false }: { error: Error; again?: () => void; busy?: boolean }) {
  const code = error instanceof Problem ? error.code : null;
  return (
    <div className="failed" role="alert">
      <p>
        <b>{error.message}</b>
      </p>
      {code && <p className="faint">{code}</p>}
      {again && (
        <button type="button" onClick={again} disabled={busy}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <svg viewBox="0 0 48 32" width="48" height="32" aria-hidden="true">
        <rect x="1.5" y="1.5" width="45" height="29" rx="4" />
        <path d="m3 4 21 15L45 4" />
      </svg>
      <p>
        <b>{title}</b>
      </p>
      {children && <p className="faint">{children}</p>}
    </div>
  );
}
