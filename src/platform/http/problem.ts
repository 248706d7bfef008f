export interface FieldProblem {
  /** Path of the field, e.g. `payload.items[3]`. */
  field: string;
  detail: string;
}

/**
 * An answer that is not the one the caller hoped for, as RFC 9457 problem details. `code` is stable and for programs;
 * `detail` is a sentence that says what to do, and never carries a secret or an internal.
 */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly more: { errors?: FieldProblem[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.name = 'Problem';
  }
}

export const invalid = (errors: FieldProblem[]): Problem =>
  new Problem(422, 'validation_failed', 'The request has fields that cannot be accepted; see errors.', { errors });

/** With the challenge that belongs to every 401. Browsers show no window of their own for this one. */
export const unauthorized = (detail: string): Problem =>
  new Problem(401, 'unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="postback"' } });

/** No route leads there. */
export const notFoundAddress = (): Problem => new Problem(404, 'not_found', 'There is nothing at this address; see /docs for the API.');

export const notFound = (what: string): Problem => new Problem(404, 'not_found', `${what} does not exist, or not for this API key.`);

/** Nobody hears it; it is what the request counts as. */
export const hungUp = (): Problem => new Problem(400, 'bad_request', 'The caller hung up before there was an answer.');

/** The answer while Postgres cannot be reached: nothing was stored, and the same request may be sent again. */
export const unavailable = (
  cause: unknown,
  detail = 'The service cannot reach its database right now. Send the same request again later.',
): Problem => new Problem(503, 'temporarily_unavailable', detail, { headers: { 'retry-after': '5' }, cause });
