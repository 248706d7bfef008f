export interface Result<Row> {
  rows: Row[];
  /** Rows returned by a SELECT, or touched by anything else. */
  count: number;
}

/**
 * A statement that every connection parses and plans once, and then knows by its name: for the few that run hundreds of times a
 * second. The name is used for one text only. Its plan is made without a look at the values, so write it to have one good plan.
 */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** Something that runs one SQL statement; `$1, $2 ...` take their values from the array. */
export interface Sql {
  query<Row = Record<string, unknown>>(statement: string | Prepared, values?: unknown[]): Promise<Result<Row>>;
}

/**
 * An open transaction. A function that takes one writes inside its caller's transaction and leaves COMMIT to him;
 * no HTTP, no agent and no waiting happens while one is open.
 */
export interface Tx extends Sql {
  readonly transaction: true;
}

/** A transaction whose statements go out one behind the other, without a wait for the answers in between. */
export interface PipelinedTx extends Tx {
  /** The last statement: COMMIT goes out right behind it. */
  last<Row = Record<string, unknown>>(statement: string | Prepared, values?: unknown[]): Promise<Result<Row>>;
}

/**
 * Marks the transaction it is issued in, for writes that leave together with BEGIN and must not be committed without the rest: they say
 * `WHERE ${MARKED}`. Should BEGIN have failed, the mark is gone with its own statement, and they write nothing.
 */
export const MARK: Prepared = {
  name: 'platform.mark-transaction',
  text: "SELECT set_config('postback.in_transaction', 'yes', true)",
};
export const MARKED = "current_setting('postback.in_transaction', true) = 'yes'";

/**
 * For a SELECT at the start of a transaction whose locks everybody waits for, or is turned away by: should its process fall silent in the
 * middle, because it was stopped or its network is gone, Postgres ends it after this time instead of after the half minute of all others.
 */
export const GIVE_WAY_SOON = `set_config('idle_in_transaction_session_timeout', '5s', true)`;
