import { Dialog as Base } from '@base-ui/react/dialog';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Problem } from '../api/client';

interface DialogParts {
  title: ReactNode;
  open: boolean;
  close: () => void;
  children: ReactNode;
  wide?: boolean;
}

/** Traps the focus, closes with Escape, and gives the focus back. */
export function Dialog({ title, open, close, children, wide = false }: DialogParts) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && close()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={wide ? 'dialog wide' : 'dialog'}>
          <Base.Title className="dialog-title">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ActionParts<T> {
  /** On the button that opens it. */
  label: string;
  className?: string;
  disabled?: boolean;
  title: string;
  children?: ReactNode;
  /** On the button that does it. */
  confirm: string;
  danger?: boolean;
  act: (fields: FormData) => Promise<T>;
  /** Left out: the dialog closes. */
  done?: (outcome: T) => ReactNode;
}

/** A button that asks first, does it, and says what came of it. */
export function Action<T>({ label, className, disabled, title, children, confirm, danger, act, done }: ActionParts<T>) {
  const [open, setOpen] = useState(false);
  const mutation = useMutation({ mutationFn: act, onSuccess: () => done === undefined && setOpen(false) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(new FormData(event.currentTarget));
  };
  const show = () => {
    mutation.reset();
    setOpen(true);
  };
  return (
    <>
      <button type="button" className={className} disabled={disabled} onClick={show}>
        {label}
      </button>
      <Dialog title={title} open={open} close={() => setOpen(false)}>
        {mutation.isSuccess && done ? (
          <>
            {done(mutation.data)}
            <div className="dialog-actions">
              <button type="button" className="primary" onClick={() => setOpen(false)}>
                Close
              </button>
            </div>
          </>
        ) : (
          <form onSubmit={submit}>
            {children}
            {mutation.error && <Refused error={mutation.error} />}
            <div className="dialog-actions">
              <button type="button" onClick={() => setOpen(false)}>
                Leave it
              </button>
              <button type="submit" className={danger ? 'danger' : 'primary'} disabled={mutation.isPending}>
                {mutation.isPending ? 'One moment…' : confirm}
              </button>
            </div>
          </form>
        )}
      </Dialog>
    </>
  );
}

export function Refused({ error }: { error: Error }) {
  const fields = error instanceof Problem ? error.fields : [];
  return (
    <div className="refused" role="alert">
      <b>{error.message}</b>
      {fields.length > 0 && (
        <ul>
          {fields.map(({ field, detail }) => (
            <li key={field}>
              {field}: {detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function Labeled({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what it is given
    <label className="labeled">
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}
