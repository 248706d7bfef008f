/** What names an ad-hoc endpoint within its tenant. */
export interface AdHocKey {
  /** scheme://host[:port]/path; the query is left out because callers put a task's own id or token there. */
  url: string;
  origin: string;
}

/** Submits whose webhook URLs differ only in the query share an endpoint: its health, its limits, its place in the line. */
export function adHocKey(url: URL): AdHocKey {
  return { url: `${url.origin}${url.pathname}`, origin: url.origin };
}
