import { useState } from 'react';
import { Link } from 'wouter';
import { pretty, shortId, splitUrl } from './format';

/** An address somebody else has chosen: text, never a link. */
export function Url({ url, wrap = false }: { url: string; wrap?: boolean }) {
  const { host, rest } = splitUrl(url);
  return (
    <span className={wrap ? 'url wrap' : 'url'} title={url}>
      <b>{host}</b>
      {rest}
    </span>
  );
}

export function Id({ id, to }: { id: string; to?: string }) {
  const text = (
    <code className="id" title={id}>
      {shortId(id)}
    </code>
  );
  return to === undefined ? text : <Link href={to}>{text}</Link>;
}

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text);
    }
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" className="small quiet" onClick={() => void copy()}>
      {copied ? 'Copied' : label}
    </button>
  );
}

/** Without TLS there is no clipboard. */
function copyBySelection(text: string): void {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** What may be anything, as the text it is. */
export function Code({ value, label, exact = false }: { value: unknown; label: string; exact?: boolean }) {
  const text = exact && typeof value === 'string' ? value : pretty(value);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section className="code" tabIndex={0} aria-label={label}>
      <pre>{text}</pre>
    </section>
  );
}
