import { readFile } from 'node:fs/promises';
import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { type Category, categories, type Severity, severities } from '../analysis.js';

/** A standard agreement: what is usual in each category, and what departs from it. Its file explains the fields. */
export interface Playbook {
  version: number;
  name: string;
  positions: Position[];
}

export interface Position {
  category: Category;
  standard: string;
  missing: Missing | null;
  deviations: Deviation[];
}

export interface Missing {
  severity: Severity;
  why: string;
  /** Of a document in which none of these is, nothing is missing; empty for any document. */
  when: RegExp[];
}

export interface Deviation {
  id: string;
  severity: Severity;
  why: string;
  match: RegExp[];
  unless: RegExp[];
}

/** The playbook that comes with the agent. The build copies it beside the compiled files. */
export async function readPlaybook(): Promise<Playbook> {
  return parsePlaybook(await readFile(new URL('playbook.yaml', import.meta.url), 'utf8'));
}

/** Throws an error that names the field when something is not as it should be. */
export function parsePlaybook(text: string): Playbook {
  const root = record(yaml(text), 'playbook', ['version', 'name', 'categories']);
  if (root.version !== 1) throw new Error('playbook: version must be the number 1, without quotation marks');
  const positions = Object.entries(record(root.categories, 'categories', categories));
  return { version: 1, name: string(root.name, 'name'), positions: positions.map(([name, value]) => position(name, value)) };
}

function position(name: string, value: unknown): Position {
  const at = `categories.${name}`;
  const fields = record(value, at, ['standard', 'missing', 'deviations']);
  const missing = fields.missing === undefined ? null : record(fields.missing, `${at}.missing`, ['severity', 'why', 'when']);
  return {
    category: oneOf(categories, name, at),
    standard: string(fields.standard, `${at}.standard`),
    missing: missing && {
      severity: oneOf(severities, missing.severity, `${at}.missing.severity`),
      why: string(missing.why, `${at}.missing.why`),
      when: patterns(missing.when, `${at}.missing.when`),
    },
    deviations: list(fields.deviations ?? [], `${at}.deviations`).map((each, index) => deviation(each, `${at}.deviations[${index}]`)),
  };
}

function deviation(value: unknown, at: string): Deviation {
  const fields = record(value, at, ['id', 'severity', 'why', 'match', 'unless']);
  const match = patterns(fields.match, `${at}.match`);
  if (match.length === 0) throw new Error(`${at}.match: at least one pattern is needed`);
  return {
    id: string(fields.id, `${at}.id`),
    severity: oneOf(severities, fields.severity, `${at}.severity`),
    why: string(fields.why, `${at}.why`),
    match,
    unless: patterns(fields.unless, `${at}.unless`),
  };
}

function patterns(value: unknown, at: string): RegExp[] {
  return list(value ?? [], at).map((each, index) => pattern(each, `${at}[${index}]`));
}

/** Meets text as `plain` makes it, so that quotation marks are the plain ones here as well. */
function pattern(value: unknown, at: string): RegExp {
  const text = string(value, at);
  try {
    return new RegExp(text.replaceAll(' ', '\\s').replace(/[‘’]/g, "'").replace(/[“”]/g, '"'), 'iu');
  } catch (cause) {
    throw new Error(`${at}: not a regular expression${cause instanceof SyntaxError ? ` (${reasonOf(cause)})` : ''}`, { cause });
  }
}

/** What V8 says behind the pattern: "Unterminated group". */
const reasonOf = ({ message }: SyntaxError) => message.split(': ').at(-1);

// A playbook nests five deep; the parser takes seconds for as many open brackets as fit into one.
const nested = /(?:[[{]\s*){20}/;

function yaml(text: string): unknown {
  if (nested.test(text)) throw new Error('playbook: nested too deeply');
  const lines = new LineCounter();
  try {
    // The parser compares every key with every other, for a second where there are ten thousand.
    const document = parseDocument(text, { uniqueKeys: false, lineCounter: lines });
    if (document.errors[0]) throw document.errors[0];
    const twice = findTwice(document);
    if (twice) throw new Error(`the field ${twice.key} stands twice, at line ${lines.linePos(twice.at).line} again`);
    return document.toJS();
  } catch (cause) {
    if (cause instanceof RangeError) throw new Error('playbook: nested too deeply', { cause });
    throw new Error(`playbook: not YAML${cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : ''}`, { cause });
  }
}

/** A key that a map has already, and where in the text that is. */
function findTwice(document: Document): { key: string; at: number } | null {
  let found: { key: string; at: number } | null = null;
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        const value = isScalar(key) ? key.value : key;
        if (keys.has(value)) found = { key: String(value), at: isScalar(key) ? (key.range?.[0] ?? 0) : 0 };
        keys.add(value);
        if (found) return visit.BREAK;
      }
      return undefined;
    },
  });
  return found;
}

/** @param known when given, other fields are mistakes: one that is misspelt would be missed without a word */
function record(value: unknown, at: string, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${at}: must hold fields`);
  const strange = known && Object.keys(value).find((name) => !known.includes(name));
  if (strange) throw new Error(`${at}.${strange}: unknown field; known are ${known.join(', ')}`);
  return value as Record<string, unknown>;
}

function list(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${at}: must be a list`);
  return value;
}

function string(value: unknown, at: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw new Error(`${at}: must be text`);
  return value;
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown, at: string): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Error(`${at}: must be one of ${allowed.join(', ')}`);
  return found;
}
