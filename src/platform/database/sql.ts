export interface Result<Row> {
  rows: Row[];
  /** Rows returned by a SELECT, or touched by anything else. */
  count: number;
}

/** Something that runs one SQL statement; `$1, $2 ...` take their values from the array. */
export interface Sql {
  query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Result<Row>>;
}

/**
 * An open transaction. A function that takes one writes inside its caller's transaction and leaves COMMIT to him;
 * no HTTP, no agent and no waiting happens while one is open.
 */
export interface Tx extends Sql {
  readonly transaction: true;
}
