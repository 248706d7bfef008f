import { type FormEvent, useEffect, useId, useState } from 'react';
import { useSearchParams } from 'wouter';
import { words } from './format';

export interface Filters {
  values: Readonly<Record<string, string>>;
  cursor: string | null;
  set(changes: Record<string, string | null>): void;
  any: boolean;
}

/** Filters live in the address: a link is the view. A change goes back to the first page. */
export function useFilters(names: readonly string[]): Filters {
  const [params, setParams] = useSearchParams();
  const values = Object.fromEntries(names.flatMap((name) => (params.has(name) ? [[name, params.get(name)!]] : [])));
  const set = (changes: Record<string, string | null>) =>
    setParams((former) => {
      const next = new URLSearchParams(former);
      if (!('cursor' in changes)) next.delete('cursor');
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  return { values, cursor: params.get('cursor'), set, any: Object.keys(values).length > 0 };
}

export interface FilterField {
  name: string;
  label: string;
  /** A closed set; else it is text. */
  options?: readonly string[];
  type?: 'text' | 'number' | 'datetime-local';
  /** In characters. */
  width?: number;
}

/** Applied on Enter or when a choice is made; a field that holds nothing is no filter. */
export function FilterBar({ fields, filters }: { fields: readonly FilterField[]; filters: Filters }) {
  const prevent = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    filters.set(Object.fromEntries(fields.map(({ name, type }) => [name, toValue(String(given.get(name) ?? ''), type)])));
  };
  return (
    <form className="filters" onSubmit={prevent} aria-label="Filters">
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={filters.values[field.name] ?? ''}
          set={(value) => filters.set({ [field.name]: value })}
        />
      ))}
      <button type="submit" className="quiet">
        Apply
      </button>
      {filters.any && (
        <button
          type="button"
          className="quiet"
          onClick={() => filters.set(Object.fromEntries(Object.keys(filters.values).map((name) => [name, null])))}
        >
          Clear all
        </button>
      )}
    </form>
  );
}

function Field({ field, value, set }: { field: FilterField; value: string; set: (value: string) => void }) {
  const id = useId();
  const { name, label, options, type = 'text', width } = field;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {options ? (
        <select id={id} name={name} value={value} onChange={(event) => set(event.target.value)}>
          <option value="">all</option>
          {options.map((option) => (
            <option key={option} value={option}>
              {words(option)}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          name={name}
          type={type}
          autoComplete="off"
          spellCheck={false}
          size={width ?? 14}
          value={type === 'datetime-local' ? toLocal(text) : text}
          onChange={(event) => setText(toValue(event.target.value, type))}
          {...(type === 'datetime-local' && { step: 1 })}
        />
      )}
    </div>
  );
}

/** The API speaks UTC; people read their own clock. */
function toValue(text: string, type: FilterField['type']): string {
  if (type !== 'datetime-local' || text === '') return text.trim();
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

function toLocal(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Keyset paging knows the first page and the next one; the browser's way back knows the others. */
export function Pager({ filters, next, shown }: { filters: Filters; next: string | null; shown: number }) {
  if (filters.cursor === null && next === null) return shown > 0 ? <p className="pager faint">That is all.</p> : null;
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" className="quiet" disabled={filters.cursor === null} onClick={() => filters.set({ cursor: null })}>
        Newest
      </button>
      <button type="button" className="quiet" disabled={next === null} onClick={() => filters.set({ cursor: next })}>
        Older
      </button>
      {next === null && <span className="faint">That is all.</span>}
    </nav>
  );
}
