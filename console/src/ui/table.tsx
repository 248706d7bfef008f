import type { ReactNode } from 'react';

export interface Column<T> {
  head: ReactNode;
  /** In words, for phones, where a row is a card; without one the cell stands alone. */
  label?: string;
  cell: (row: T) => ReactNode;
  className?: string;
}

interface TableParts<T> {
  caption: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  marked?: (row: T) => boolean;
}

/** Rows as the API gives them: it filters, sorts and pages, so there is nothing for a table to do but to be one. */
export function Table<T>({ caption, columns, rows, rowKey, marked }: TableParts<T>) {
  return (
    <table>
      <caption className="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ head, label, className }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
            <th key={at} scope="col" className={className}>
              {head ?? <span className="hidden">{label}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)} className={marked?.(row) ? 'marked' : undefined}>
            {columns.map(({ cell, label, className }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
              <td key={at} data-label={label} className={className}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
