import { type PathStep, renderPath } from './json-path.js';

/**
 * - `json_too_deep`: nested beyond the limit.
 * - `invalid_string`: a NUL character or a lone surrogate, in a value or a key. Postgres stores neither.
 * - `number_out_of_range`: would become Infinity or null, silently 0, or another integer.
 * - `duplicate_key`: twice the same key in one object; readers disagree on which one counts.
 * - `forbidden_key`: `__proto__`, or `constructor` holding `prototype`; poison for code that merges objects.
 */
export type TroubleCode = 'json_too_deep' | 'invalid_string' | 'number_out_of_range' | 'duplicate_key' | 'forbidden_key';

export interface Trouble {
  code: TroubleCode;
  /** A sentence for people. */
  message: string;
  /** Path of the value meant; missing for the whole text. */
  field?: string;
}

/**
 * The first thing in a JSON text that parsing would hide. Any text may be given: what is found in a text that is not
 * JSON means nothing, except that `json_too_deep` always counts that many brackets left open.
 */
export function findTrouble(text: string, maxDepth: number): Trouble | null {
  return new Scan(text, maxDepth).run();
}

/** One open array or object. Kept per level and used again, so that a million small objects cost one. */
interface Frame extends PathStep {
  readonly seen: Set<string>;
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const LETTER_CAPITAL_E = 0x45;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Integers of at most this many characters are exact in a double, whatever the digits. */
const ALWAYS_SAFE_LENGTH = 15;

/** `exponent` also when there is a fraction. */
type NumberForm = 'integer' | 'fraction' | 'exponent';

class Scan {
  private readonly frames: Frame[] = [];
  private depth = 0;
  private position = 0;
  /** The next string is a key. */
  private atKey = false;
  /** Text that came in as UTF-8 is well-formed, and then only an escape can spell a surrogate. */
  private readonly wellFormed: boolean;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {
    this.wellFormed = text.isWellFormed();
  }

  run(): Trouble | null {
    while (this.position < this.text.length) {
      const trouble = this.step(this.text.charCodeAt(this.position));
      if (trouble) return trouble;
    }
    return null;
  }

  private step(char: number): Trouble | null {
    if (char === QUOTE) return this.string();
    if (char === MINUS || isDigit(char)) return this.number();
    this.position++;
    if (char === COMMA) this.nextMember();
    else if (char === COLON) this.atKey = false;
    else if (char === OPEN_OBJECT || char === OPEN_ARRAY) return this.open(char === OPEN_ARRAY);
    else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) this.close();
    return null;
  }

  private open(isArray: boolean): Trouble | null {
    if (this.depth >= this.maxDepth) return this.trouble('json_too_deep', `The body is nested deeper than ${this.maxDepth} levels.`);
    const frame = this.frames[this.depth];
    if (frame) reset(frame, isArray);
    else this.frames.push({ isArray, index: 0, key: '', seen: new Set() });
    this.depth++;
    this.atKey = !isArray;
    return null;
  }

  private close(): void {
    if (this.depth > 0) this.depth--;
    this.atKey = false;
  }

  private nextMember(): void {
    const frame = this.top();
    if (!frame) return;
    frame.index++;
    this.atKey = !frame.isArray;
  }

  private string(): Trouble | null {
    const start = this.position;
    const escapes = this.skipString();
    if (!this.atKey && escapes !== 'unicode' && this.wellFormed) return null;
    const text = escapes === 'none' ? this.text.slice(start + 1, this.position - 1) : decode(this.text.slice(start, this.position));
    if (text === null) return this.stop();
    return this.atKey ? this.key(text) : this.value(text);
  }

  /** Moves behind the closing quote; says which kind of escape was on the way. Only `\u` can spell what is refused. */
  private skipString(): 'none' | 'simple' | 'unicode' {
    let escapes: 'none' | 'simple' | 'unicode' = 'none';
    let at = this.position + 1;
    for (let char = this.text.charCodeAt(at); char !== QUOTE && at < this.text.length; char = this.text.charCodeAt(at)) {
      if (char === BACKSLASH) {
        at++;
        if (this.text.charCodeAt(at) === LETTER_U) escapes = 'unicode';
        else if (escapes === 'none') escapes = 'simple';
      }
      at++;
    }
    this.position = at + 1;
    return escapes;
  }

  /** The text is no JSON: the parser will say so, and looking further only costs time. */
  private stop(): null {
    this.position = this.text.length;
    return null;
  }

  private value(value: string): Trouble | null {
    const fault = stringFault(value);
    return fault === null ? null : this.trouble('invalid_string', `This string holds ${fault}, which cannot be stored.`);
  }

  private key(key: string): Trouble | null {
    const frame = this.top();
    if (!frame) return null;
    frame.key = key;
    const fault = stringFault(key);
    if (fault) return this.trouble('invalid_string', `This key holds ${fault}, which cannot be stored.`);
    if (this.isPrototypeKey(key)) return this.trouble('forbidden_key', 'This key is refused: it serves to tamper with objects.');
    if (frame.seen.has(key)) return this.trouble('duplicate_key', 'This key stands twice in the same object.');
    frame.seen.add(key);
    return null;
  }

  private isPrototypeKey(key: string): boolean {
    if (key === '__proto__') return true;
    if (key !== 'prototype') return false;
    const parent = this.frames[this.depth - 2];
    return this.depth > 1 && parent?.isArray === false && parent.key === 'constructor';
  }

  private number(): Trouble | null {
    const start = this.position;
    const form = this.skipNumber();
    const length = this.position - start;
    if (form === 'integer' && length <= ALWAYS_SAFE_LENGTH) return null;
    if (form === 'fraction' && length <= ALWAYS_SAFE_LENGTH) return null;
    const fault = numberFault(this.text.slice(start, this.position), form);
    return fault === null ? null : this.trouble('number_out_of_range', fault);
  }

  /** Moves behind the literal. */
  private skipNumber(): NumberForm {
    let form: NumberForm = 'integer';
    let at = this.position + 1;
    for (let char = this.text.charCodeAt(at); isInNumber(char); char = this.text.charCodeAt(at)) {
      if (char === POINT && form === 'integer') form = 'fraction';
      else if (char === LETTER_E || char === LETTER_CAPITAL_E) form = 'exponent';
      at++;
    }
    this.position = at;
    return form;
  }

  private top(): Frame | undefined {
    return this.depth > 0 ? this.frames[this.depth - 1] : undefined;
  }

  private trouble(code: TroubleCode, message: string): Trouble {
    const field = renderPath(this.frames.slice(0, this.depth));
    return field === '' ? { code, message } : { code, message, field };
  }
}

function reset(frame: Frame, isArray: boolean): void {
  frame.isArray = isArray;
  frame.index = 0;
  frame.key = '';
  if (frame.seen.size > 0) frame.seen.clear();
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}

function isInNumber(char: number): boolean {
  return isDigit(char) || char === POINT || char === LETTER_E || char === LETTER_CAPITAL_E || char === PLUS || char === MINUS;
}

/** The string a literal stands for; null for a broken literal. */
function decode(literal: string): string | null {
  try {
    return JSON.parse(literal);
  } catch {
    return null;
  }
}

function stringFault(value: string): string | null {
  if (value.includes('\0')) return 'a NUL character (U+0000)';
  return value.isWellFormed() ? null : 'half of a surrogate pair';
}

function numberFault(literal: string, form: NumberForm): string | null {
  const value = Number(literal);
  if (!Number.isFinite(value)) return 'This number is too large: nothing beyond 1.7976931348623157e308 can be kept.';
  if (form === 'integer' && !Number.isSafeInteger(value)) {
    return 'This integer is beyond ±9007199254740991 and would not be kept exactly; send it as a string.';
  }
  if (value === 0 && hasNonZeroDigit(literal)) return 'This number is too small and would be kept as 0.';
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER && hasManyDigits(literal) && !isSameDecimal(literal, String(value))) {
    return 'This number is beyond ±9007199254740991 and would not be kept exactly; send it as a string.';
  }
  return null;
}

/**
 * Beyond 2^53 every double is a whole number, however it was written, and what was meant as one must not turn into its neighbour. Below,
 * a fraction with more digits than a double has is a measurement, and is rounded as every reader of JSON does.
 */
function isSameDecimal(one: string, other: string): boolean {
  const [a, b] = [decimalOf(one), decimalOf(other)];
  return a.digits === b.digits && a.exponent === b.exponent;
}

/** More than a double keeps whatever they are. */
function hasManyDigits(literal: string): boolean {
  const end = literal.search(/e/i);
  return (end < 0 ? literal.length : end) > ALWAYS_SAFE_LENGTH + 1;
}

/** 0.digits times ten to the exponent, without zeros at either end. */
function decimalOf(literal: string): { digits: string; exponent: number } {
  const [mantissa = '', exponent = '0'] = literal.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const leading = whole.length + fraction.length - digits.length;
  return { digits: digits.replace(/0+$/, ''), exponent: Number(exponent) + whole.length - leading };
}

function hasNonZeroDigit(literal: string): boolean {
  const mantissa = literal.split(/e/i, 1)[0]!;
  return /[1-9]/.test(mantissa);
}
