import type { FieldProblem } from '../../platform/http/problem.js';

const MAX_HEADERS = 20;
const MAX_BYTES = 4_096;
const MAX_NAME_LENGTH = 128;

/** What answers show in place of a value: it may be a credential. */
export const MASKED = '***';

/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, single bytes on every wire; spaces only inside. No CR or LF, so one header stays one header. */
const visible = /^[!-~]+( +[!-~]+)*$/;

/** Ours or the connection's: given by an endpoint's owner, they would contradict what we send, sign or vouch for. */
const RESERVED = new Set([
  'accept-encoding',
  'baggage',
  'connection',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'digest',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'repr-digest',
  'signature',
  'signature-input',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-real-ip',
  'x-webhook-signature',
]);
const RESERVED_PREFIXES = ['proxy-', 'webhook-', 'x-forwarded-'];

/** Whatever its case: header names have none. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return RESERVED.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix));
}

/** Judges the headers an endpoint's owner wants on every webhook. The accepted ones come back with lower-case names; none at all as null. */
export function checkHeaders(headers: { [name: string]: unknown }): { value: Record<string, string> | null; errors: FieldProblem[] } {
  const entries = Object.entries(headers);
  if (entries.length === 0) return { value: null, errors: [] };
  const tooMuch = checkSizes(entries);
  const errors = tooMuch === null ? [...entries.flatMap(([name, value]) => checkHeader(name, value)), ...checkTwice(entries)] : [tooMuch];
  if (errors.length > 0) return { value: null, errors };
  return { value: Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value as string])), errors };
}

function checkSizes(entries: readonly [string, unknown][]): FieldProblem | null {
  if (entries.length > MAX_HEADERS) return { field: 'headers', detail: `At most ${MAX_HEADERS} headers.` };
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + (typeof value === 'string' ? value.length : 0), 0);
  return bytes > MAX_BYTES ? { field: 'headers', detail: `Names and values together have at most ${MAX_BYTES} bytes.` } : null;
}

function checkTwice(entries: readonly [string, unknown][]): FieldProblem[] {
  const names = entries.map(([name]) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined
    ? []
    : [{ field: 'headers', detail: `${quote(twice)} is there twice: case makes no difference in header names.` }];
}

/** No message repeats a value: it may be a credential. */
function checkHeader(name: string, value: unknown): FieldProblem[] {
  const problem = nameProblem(name) ?? valueProblem(value);
  return problem === null ? [] : [{ field: `headers[${quote(name)}]`, detail: problem }];
}

function nameProblem(name: string): string | null {
  if (name.length > MAX_NAME_LENGTH) return `A header name has at most ${MAX_NAME_LENGTH} characters.`;
  if (!token.test(name)) return "A header name is made of letters, digits and !#$%&'*+-.^_`|~ only.";
  return isReservedHeader(name) ? 'This header is reserved: the service or the connection sets it.' : null;
}

function valueProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'A header value is a string.';
  if (!visible.test(value)) return 'A header value is visible ASCII, with spaces only between characters, and not empty.';
  return value === MASKED ? `${MASKED} is what answers show instead of a value; send the value itself.` : null;
}

/** As JSON, which keeps control characters harmless; cut, because names are the caller's. */
const quote = (name: string) => JSON.stringify(name.length > 64 ? `${name.slice(0, 64).toWellFormed()}…` : name);
