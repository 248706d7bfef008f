import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ParsedJson, parseJson } from '../../../src/platform/http/parse-json.js';

type Refusal = Extract<ParsedJson, { ok: false }>;

function refusal(text: string): Refusal {
  const parsed = parseJson(text);
  if (parsed.ok) throw new Error(`Expected a refusal of ${text.slice(0, 80)}`);
  return parsed;
}

/** `[status, code, field]` of a refusal. */
function verdict(text: string): [number, string, string | undefined] {
  const { status, code, field } = refusal(text);
  return [status, code, field];
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** Doubles between 2^53 and 1e21 are printed as long integers, which are refused for good reason. */
function smallIntegers(_key: string, value: unknown): unknown {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? 0.5 : value;
}

describe('parseJson on good text', () => {
  it('returns what JSON.parse returns, for any JSON value, compact or indented', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, smallIntegers, indent);
        fc.pre(!text.includes('__proto__') && !text.includes('prototype'));
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['an escaped surrogate pair', '"\\ud83d\\ude00"', '😀'],
    ['a pair whose halves are escaped and raw', '"\\ud83d\ude00"', '😀'],
    ['a pair whose halves are raw and escaped', '"\ud83d\\ude00"', '😀'],
    ['the text backslash-u-0000, which is no NUL', '"\\\\u0000"', '\\u0000'],
    ['brackets and quotes inside a string', '"[[{\\"a\\":[,"', '[[{"a":[,'],
    ['the largest safe integers', '[9007199254740991,-9007199254740991]', [9007199254740991, -9007199254740991]],
    ['fractions, as doubles', '[0.1,1.5e3,3.141592653589793238]', [0.1, 1500, Math.PI]],
    ['zeros in every spelling', '[0,-0,0.000,0e5,0E400,0.0e-400]', [0, -0, 0, 0, 0, -0 + 0]],
    [
      'large numbers that a double keeps',
      '[1e22,9007199254740992e3,12345678901234568e5,-1.5e300]',
      [1e22, 9007199254740992e3, 12345678901234568e5, -1.5e300],
    ],
    ['the smallest and the largest double', '[5e-324,1.7976931348623157e308]', [5e-324, Number.MAX_VALUE]],
    ['the same key in different objects', '{"a":{"a":1},"b":[{"a":1},{"a":2}]}', { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] }],
    [
      'constructor and prototype that are not nested',
      '{"constructor":"x","prototype":{},"a":["constructor",{"prototype":1}],"b":{"prototype":1}}',
      undefined,
    ],
    ['an array under constructor', '{"constructor":[{"prototype":1}]}', undefined],
    ['64 levels', nested(64), undefined],
    ['a scalar', ' true ', true],
  ])('takes %s', (_name, text, value) => {
    expect(parseJson(text)).toEqual({ ok: true, value: value === undefined ? JSON.parse(text) : value });
  });
});

describe('parseJson on bad text', () => {
  it.each([
    '',
    '  ',
    '{',
    '{"a":1',
    '{"a":',
    '[1,',
    '"abc',
    '"abc\\',
    'tru',
    'abc',
    '[1 2]',
    '{"a":1}}',
    '{a:1}',
    "{'a':1}",
    '[1,]',
    '01',
    '-',
    '"\\x"',
    ']]]',
    '{]',
  ])('answers 400 to %j', (text) => expect(verdict(text)).toEqual([400, 'invalid_json', undefined]));

  it('calls broken JSON broken, also when something in it would be refused', () => {
    expect(refusal('{"a":1e400,').code).toBe('invalid_json');
  });

  it('names the place of the fault and repeats nothing of the text, which may hold secrets', () => {
    const { message } = refusal('{"webhook_secret":"hunter2hunter2" "x"}');
    expect(message).toBe('The body is not valid JSON (line 1 column 36).');
    for (const text of ['{"s":"hunter2"', 'hunter2', '{"s":hunter2}']) expect(refusal(text).message).not.toContain('hunter');
  });
});

describe('parseJson on values that would be corrupted', () => {
  it.each([
    ['{"payload":{"items":[0,1,2,{"name":"a\\u0000b"}]}}', 'invalid_string', 'payload.items[3].name'],
    ['{"a\\u0000b":1}', 'invalid_string', '["a\\u0000b"]'],
    ['{"x":{"\\ud800":1}}', 'invalid_string', 'x["\\ud800"]'],
    ['["\\ud800"]', 'invalid_string', '[0]'],
    ['["ok","\\udc00\\ud83d"]', 'invalid_string', '[1]'],
    ['["\ud800"]', 'invalid_string', '[0]'],
    ['{"\udc00":1}', 'invalid_string', '["\\udc00"]'],
    ['"\\u0000"', 'invalid_string', undefined],
    ['{"n":1e400}', 'number_out_of_range', 'n'],
    ['{"n":-1e400}', 'number_out_of_range', 'n'],
    ['{"n":1e-400}', 'number_out_of_range', 'n'],
    [`{"n":0.${'0'.repeat(400)}1}`, 'number_out_of_range', 'n'],
    [`{"n":${'9'.repeat(400)}.5}`, 'number_out_of_range', 'n'],
    ['{"n":9007199254740992}', 'number_out_of_range', 'n'],
    ['{"n":-9007199254740993}', 'number_out_of_range', 'n'],
    ['{"n":9007199254740993.0}', 'number_out_of_range', 'n'],
    ['{"n":-9007199254740993e0}', 'number_out_of_range', 'n'],
    ['{"n":90071992547409930e-1}', 'number_out_of_range', 'n'],
    ['{"n":123456789012345678901.5}', 'number_out_of_range', 'n'],
    ['[[],[1,9007199254740993]]', 'number_out_of_range', '[1][1]'],
    [`[${'1e131071,'.repeat(999)}1e131071]`, 'number_out_of_range', '[0]'],
    ['1e131071', 'number_out_of_range', undefined],
    ['{"a":1,"b":2,"a":1}', 'duplicate_key', 'a'],
    ['{"o":[{},{"k":1,"\\u006b":2}]}', 'duplicate_key', 'o[1].k'],
    ['{"a/b":1,"a\\/b":2}', 'duplicate_key', '["a/b"]'],
    ['{"a":[{"b":1},2],"a":3}', 'duplicate_key', 'a'],
    ['{"m":{"__proto__":{"admin":true}}}', 'forbidden_key', 'm.__proto__'],
    ['{"__pr\\u006fto__":1}', 'forbidden_key', '__proto__'],
    ['{"a":{"constructor":{"x":1,"prototype":{}}}}', 'forbidden_key', 'a.constructor.prototype'],
  ])('answers 422 to %.60s', (text, code, field) => {
    expect(verdict(text)).toEqual([422, code, field]);
    expect(refusal(text).message).toMatch(/^[A-Z].*\.$/);
  });

  it('answers 422 to a raw NUL, though JSON forbids it anyway', () => {
    expect(verdict('{"a":"x\0y"}')).toEqual([422, 'invalid_string', undefined]);
  });

  it('allows as many levels as it is told to, 64 by default', () => {
    expect(verdict(nested(65)).slice(0, 2)).toEqual([422, 'json_too_deep']);
    expect(parseJson('[[1]]', { maxDepth: 2 }).ok).toBe(true);
    expect(parseJson('{"a":[{"b":1}]}', { maxDepth: 2 })).toMatchObject({ ok: false, code: 'json_too_deep', field: 'a[0]' });
  });

  it('calls a text too deep that is cut off before it is closed', () => {
    expect(verdict('['.repeat(100))[1]).toBe('json_too_deep');
  });

  it('keeps a field path short and storable, whatever the keys', () => {
    const key = '😀'.repeat(5_000);
    const { field } = refusal(`${`{"${key}":`.repeat(60)}1e400${'}'.repeat(60)}`);
    expect(field!.length).toBeLessThan(300);
    expect(field!.isWellFormed()).toBe(true);
  });
});

describe('parseJson under attack', () => {
  it('never throws on a mutated text, and agrees with JSON.parse on what is JSON', () => {
    const splice = fc.record({ at: fc.nat(400), cut: fc.nat(4), paste: fc.string({ unit: 'binary', maxLength: 4 }) });
    const syntax = fc.record({
      at: fc.nat(400),
      cut: fc.nat(2),
      paste: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', '1e999', '\\u', '-'),
    });
    fc.assert(
      fc.property(fc.json(), fc.array(fc.oneof(splice, syntax), { minLength: 1, maxLength: 4 }), (json, mutations) => {
        const text = mutations.reduce((before, { at, cut, paste }) => before.slice(0, at) + paste + before.slice(at + cut), json);
        const parsed = parseJson(text);
        if (parsed.ok) expect(parsed.value).toEqual(JSON.parse(text));
        else if (parsed.status === 400) expect(() => JSON.parse(text)).toThrow(SyntaxError);
      }),
      { numRuns: 2_000 },
    );
  });

  const size = 1_000_000;
  const manyKeys = Array.from({ length: 90_000 }, (_, index) => `"${index * 1024}":1`);
  it.each<[string, string]>([
    ['half a million numbers', `[${'1,'.repeat(size / 2)}1]`],
    ['a million opening brackets', '['.repeat(size)],
    ['opening brackets of objects', '{"a":'.repeat(size / 5)],
    ['one number of a million digits', '1'.repeat(size)],
    ['one fraction of a million digits', `0.${'1'.repeat(size)}`],
    ['a string of escapes', `"${'\\"'.repeat(size / 2)}"`],
    ['a string of backslashes without an end', `"${'\\'.repeat(size)}`],
    ['many short escaped strings', `[${'"\\n",'.repeat(size / 5)}1]`],
    ['many short strings with a bad escape', `[${'"\\u0",'.repeat(size / 6)}1]`],
    ['many short strings with a unicode escape', `[${'"\\u0041",'.repeat(size / 9)}1]`],
    ['many small objects', `[${'{"a":1},'.repeat(size / 8)}1]`],
    ['many keys that look like numbers', `{${manyKeys.join()}}`],
    ['many numbers with exponents', `[${'1e300,'.repeat(size / 6)}1]`],
    ['one duplicate key behind 90,000 others', `{${manyKeys.join()},"0":1}`],
  ])('takes bounded time for a megabyte of %s', (_name, text) => {
    const start = process.threadCpuUsage();
    parseJson(text);
    const { user, system } = process.threadCpuUsage(start); // not the clock's time: others want the processor, too
    // Measured below 100 ms; anything quadratic takes minutes, an exception per string 2 s.
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});
