/** W3C Trace Context, version 00; anything else is as good as none. */
export function readTraceparent(header: string | undefined): string | null {
  return header !== undefined && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(header) ? header : null;
}

/** 32 hex digits. */
export function traceId(traceparent: string | null): string | null {
  return traceparent?.split('-')[1] ?? null;
}
