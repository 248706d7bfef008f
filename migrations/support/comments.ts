/**
 * COMMENT statements for one table and its columns, so that `\d+` explains itself to a DBA.
 * A test refuses a table or column without one.
 */
export function comments(table: string, about: string, columns: Record<string, string>): string {
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return [
    `COMMENT ON TABLE postback.${table} IS ${quote(about)};`,
    ...Object.entries(columns).map(([column, text]) => `COMMENT ON COLUMN postback.${table}.${column} IS ${quote(text)};`),
  ].join('\n');
}
