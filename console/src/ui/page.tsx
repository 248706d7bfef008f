import { type ReactNode, useEffect, useId } from 'react';
import { Link } from 'wouter';

interface PageParts {
  title: string;
  /** What is above it: `[text, address]`. */
  up?: [string, string];
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, up, lead, actions, children }: PageParts) {
  useEffect(() => {
    document.title = `${title} · Postback`;
  }, [title]);
  return (
    <>
      <header className="page-head">
        <div>
          {up && (
            <p className="crumb">
              <Link href={up[1]}>{up[0]}</Link>
            </p>
          )}
          <h1>{title}</h1>
          {lead && <div className="lead">{lead}</div>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Panel({
  title,
  note,
  children,
  bare = false,
}: {
  title: ReactNode;
  note?: ReactNode;
  children: ReactNode;
  bare?: boolean;
}) {
  const id = useId();
  return (
    <section className={bare ? 'panel bare' : 'panel'} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note && <div className="note">{note}</div>}
      </header>
      {children}
    </section>
  );
}

/** Names and what they say. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}
