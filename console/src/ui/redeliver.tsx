import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { send } from '../api/client';
import type { Batch, DryRun, RedeliveryFilter } from '../api/types';
import { Dialog, Labeled, Refused } from './dialog';
import { number, plural } from './format';
import { Show } from './show';
import { Url } from './text';
import { Ago } from './time';

interface RedeliverParts {
  label: string;
  filter: RedeliveryFilter;
  className?: string;
  disabled?: boolean;
}

/** Many webhooks once more: first what it would be, then its own page, which says how far it is. */
export function Redeliver({ label, filter, className, disabled }: RedeliverParts) {
  const [open, setOpen] = useState(false);
  const [, navigate] = useLocation();
  // a page of its own: the group that this button belongs to is gone as soon as its rows are on their way, and a dialog with it
  const watch = (id: string, of: number | null) => navigate(`/redeliveries/${id}${of === null ? '' : `?of=${of}`}`);
  return (
    <>
      <button type="button" className={className ?? 'primary'} disabled={disabled} onClick={() => setOpen(true)}>
        {label}
      </button>
      <Dialog wide title="Redeliver" open={open} close={() => setOpen(false)}>
        <Trial filter={filter} start={watch} leave={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Trial({ filter, start, leave }: { filter: RedeliveryFilter; start: (id: string, of: number | null) => void; leave: () => void }) {
  const trial = useQuery({
    queryKey: ['dry-run', filter],
    queryFn: () => send<DryRun>('POST', '/admin/redeliveries', { filter, dry_run: true }),
    gcTime: 0,
    staleTime: 0,
  });
  const begin = useMutation({
    mutationFn: (rate: number | null) =>
      send<Batch>('POST', '/admin/redeliveries', { filter, ...(rate !== null && { rate_per_second: rate }) }),
    onSuccess: ({ id }) => start(id, trial.data && !trial.data.more ? trial.data.count : null),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const rate = String(new FormData(event.currentTarget).get('rate') ?? '');
    begin.mutate(rate === '' ? null : Number(rate));
  };
  return (
    <Show query={trial}>
      {({ count, more, sample }) => (
        <form onSubmit={submit}>
          <p className="dry-run">
            <b className="big-number">
              {more && 'more than '}
              {number(count)}
            </b>{' '}
            dead {count === 1 ? 'webhook' : 'webhooks'} would be sent again: same event ids, same bodies, a full new schedule. Nothing has
            been changed yet.
          </p>
          {sample.length > 0 && (
            <ul className="sample" aria-label="The newest of them">
              {sample.slice(0, 5).map((row) => (
                <li key={row.id}>
                  <Url url={row.url} />
                  <span className="faint">
                    dead <Ago at={row.dead_at} />
                  </span>
                </li>
              ))}
              {count > 5 && <li className="faint">and {more ? 'more' : plural(count - Math.min(5, sample.length), 'other')}</li>}
            </ul>
          )}
          <Labeled label="At most per second" hint="Left empty: as fast as the endpoint’s own limits allow.">
            <input name="rate" type="number" min="1" max="10000" inputMode="numeric" size={8} />
          </Labeled>
          {begin.error && <Refused error={begin.error} />}
          <div className="dialog-actions">
            <button type="button" onClick={leave}>
              Leave it
            </button>
            <button type="submit" className="primary" disabled={count === 0 || begin.isPending}>
              {more ? 'Redeliver all' : `Redeliver ${number(count)}`}
            </button>
          </div>
        </form>
      )}
    </Show>
  );
}
