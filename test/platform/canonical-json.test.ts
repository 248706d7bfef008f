import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type Json } from '../../src/platform/canonical-json.js';

/** The same value with the keys of every object in reverse order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('canonicalJson', () => {
  it('prints the example of RFC 8785 section 3.2.3: keys in the order of their UTF-16 code units', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const value = Object.fromEntries(keys.map((key) => [key, 0]));
    expect(Object.keys(JSON.parse(canonicalJson(value)))[0]).toBe('1');
    expect(canonicalJson(value)).toBe('{"\\r":0,"1":0,"\u0080":0,"ö":0,"€":0,"😀":0,"\ufb33":0}');
  });

  it('prints the numbers and literals of RFC 8785 section 3.2.2', () => {
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0, null, true, false])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,null,true,false]',
    );
  });

  it('gives one text whatever the order of the keys, and a text that means the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (anything) => {
        const value = JSON.parse(JSON.stringify(anything)) as Json;
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('tells values apart that look alike', () => {
    const texts = [{}, [], null, '', '1', 1, [1, 2], [[1], 2], { a: 1 }, { a: '1' }].map((value) => canonicalJson(value as Json));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('leaves out a key without a value, as a DTO with unset fields has it', () => {
    expect(canonicalJson({ b: 1, a: undefined } as unknown as Json)).toBe('{"b":1}');
  });

  it('refuses what JSON cannot carry, and endless nesting', () => {
    const loop: Json[] = [];
    loop.push(loop);
    expect(() => canonicalJson(loop)).toThrow('nested deeper than 128 levels');
    expect(() => canonicalJson(Number.NaN)).toThrow('NaN has no JSON form');
    expect(() => canonicalJson(Number.POSITIVE_INFINITY)).toThrow('Infinity has no JSON form');
    expect(() => canonicalJson([undefined as unknown as Json])).toThrow('no canonical JSON form');
    expect(() => canonicalJson(1n as unknown as Json)).toThrow('no canonical JSON form');
  });
});
