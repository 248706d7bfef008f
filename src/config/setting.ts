import { isIP } from 'node:net';

/** What a process is started with: names and texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One line of the settings table. `parse` throws an Error whose message completes the sentence "<name> ...". */
export interface Setting<T> {
  readonly name: string;
  /** What it decides, in one sentence. */
  readonly about: string;
  /** What may be written there, completing "Set it to ...". */
  readonly accepts: string;
  /** As text, as an operator would write it; null when there is none. */
  readonly default: string | null;
  /** Its value is never printed, not even in part. */
  readonly secret: boolean;
  readonly parse: (text: string) => T;
  /** The value when the variable is unset; may look at other variables. */
  readonly fallback: (env: Environment) => T;
}

interface Common {
  about: string;
  /** Overrides how the default is shown, for one that depends on other settings. */
  shown?: string;
}

type Default<T> = { default: T | ((env: Environment) => T) };

const defaultOf = <T>(value: T | ((env: Environment) => T)): ((env: Environment) => T) =>
  typeof value === 'function' ? (value as (env: Environment) => T) : () => value;

function setting<T>(
  name: string,
  options: Common & Default<T> & { accepts: string; secret?: boolean; print?: (value: T) => string },
  parse: (text: string) => T,
): Setting<T> {
  const fallback = defaultOf(options.default);
  const value = fallback({});
  const text = options.print ? options.print(value) : String(value);
  return {
    name,
    about: options.about,
    accepts: options.accepts,
    default: options.shown ?? (value === null || text === '' ? null : text),
    secret: options.secret ?? false,
    parse,
    fallback,
  };
}

function inBounds(value: number, min: number, max: number): number {
  if (value < min || value > max) throw new Error(`is ${value}, which is out of bounds`);
  return value;
}

/** `unit` is a plural, like "milliseconds". */
export function integer(name: string, options: Common & { default: number; min: number; max: number; unit?: string }): Setting<number> {
  const accepts = `a whole number${options.unit ? ` of ${options.unit}` : ''} from ${options.min} to ${options.max}`;
  return setting<number>(name, { ...options, accepts }, (text) => {
    if (!/^-?\d{1,15}$/.test(text)) throw new Error(`is "${text}", which is not a whole number`);
    return inBounds(Number(text), options.min, options.max);
  });
}

export function decimal(name: string, options: Common & { default: number; min: number; max: number }): Setting<number> {
  const accepts = `a number from ${options.min} to ${options.max}`;
  return setting<number>(name, { ...options, accepts }, (text) => {
    if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) throw new Error(`is "${text}", which is not a number`);
    return inBounds(Number(text), options.min, options.max);
  });
}

export function boolean(name: string, options: Common & { default: boolean }): Setting<boolean> {
  return setting<boolean>(name, { ...options, accepts: '`true` or `false`' }, (text) => {
    if (text !== 'true' && text !== 'false') throw new Error(`is "${text}", which is neither true nor false`);
    return text === 'true';
  });
}

export function text<D extends string | null>(
  name: string,
  options: Common & Default<D> & { accepts: string },
): Setting<D extends null ? string | null : string> {
  return setting<string | null>(name, options, (value) => value) as Setting<D extends null ? string | null : string>;
}

export function choice<const C extends string>(name: string, options: Common & { default: NoInfer<C>; of: readonly C[] }): Setting<C> {
  return setting<C>(name, { ...options, accepts: `one of ${options.of.join(', ')}` }, (value) => member(value, options.of));
}

/** Several words out of a closed set, separated by commas; none is an error. */
export function choices<const C extends string>(
  name: string,
  options: Common & { default: readonly NoInfer<C>[]; of: readonly C[] },
): Setting<readonly C[]> {
  const accepts = `one or more of ${options.of.join(', ')}, separated by commas`;
  return setting<readonly C[]>(name, { ...options, accepts, print: (value) => value.join(',') }, (value) => {
    const words = [...new Set(items(value))];
    if (words.length === 0) throw new Error('names nothing');
    return words.map((word) => member(word, options.of));
  });
}

function member<C extends string>(word: string, of: readonly C[]): C {
  const found = of.find((candidate) => candidate === word);
  if (found === undefined) throw new Error(`has "${word}", which is not known`);
  return found;
}

export function list(name: string, options: Common & { accepts: string; each?: (item: string) => void }): Setting<readonly string[]> {
  return setting<readonly string[]>(name, { ...options, default: [], print: (value) => value.join(',') }, (value) => {
    const found = items(value);
    for (const item of found) options.each?.(item);
    return found;
  });
}

/** Numbers from 1 by name, like `a=1,b=2`. */
export function counts(name: string, options: Common & { accepts: string }): Setting<ReadonlyMap<string, number>> {
  const print = (value: ReadonlyMap<string, number>) => [...value].map(([key, count]) => `${key}=${count}`).join(',');
  return setting<ReadonlyMap<string, number>>(name, { ...options, default: new Map(), print }, (value) => {
    return new Map(items(value).map(count));
  });
}

function count(item: string): [string, number] {
  const [, key, digits] = /^([^=\s]+)=(\d{1,9})$/.exec(item) ?? [];
  if (key === undefined || Number(digits) < 1) throw new Error(`has "${item}", which is not a name and a number from 1`);
  return [key, Number(digits)];
}

/** Address ranges; a bare address stands for itself alone and is read as a range of one. */
export function cidrs(name: string, options: Common): Setting<readonly string[]> {
  const accepts = 'address ranges like `10.0.0.0/8,fd00::/8`, separated by commas';
  return setting<readonly string[]>(name, { ...options, accepts, default: [], print: (value) => value.join(',') }, (value) =>
    items(value).map(cidr),
  );
}

function cidr(item: string): string {
  const [address = '', prefix, ...rest] = item.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (version === 0 || rest.length > 0 || length < 0 || length > bits) throw new Error(`has "${item}", which is not an address range`);
  return `${address}/${length}`;
}

const items = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/**
 * An address of ours or of a service we use. A secret one may carry credentials and is never printed; the others may not,
 * because they are printed.
 */
export function url<D extends string | null>(
  name: string,
  options: Common & Default<D> & { schemes: readonly string[]; secret?: boolean },
): Setting<D extends null ? string | null : string> {
  const accepts = `a URL that begins with ${options.schemes.map((scheme) => `\`${scheme}://\``).join(' or ')}`;
  const secret = options.secret ?? false;
  return setting<string | null>(name, { ...options, accepts }, (value) => {
    const parsed = URL.parse(value);
    const shown = secret ? 'has a value' : `is "${withoutCredentials(value)}"`;
    if (!parsed || !options.schemes.includes(parsed.protocol.slice(0, -1))) throw new Error(`${shown}, which is not such a URL`);
    if (!secret && (parsed.username || parsed.password)) throw new Error('carries a user name or password, which would be printed');
    return value;
  }) as Setting<D extends null ? string | null : string>;
}

/** Somebody may paste a password into a URL that is not meant to have one; the message about it must not repeat it. */
const withoutCredentials = (value: string): string => value.replace(/[^/@]*@/, '***@');

/** A text that is never shown. `check` throws without repeating the value. */
export function secret<T = string>(name: string, options: Common & { accepts: string; parse: (value: string) => T }): Setting<T | null> {
  return setting<T | null>(name, { ...options, default: null, secret: true }, options.parse);
}
