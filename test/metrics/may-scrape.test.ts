import { describe, expect, it } from '@jest/globals';
import { mayScrape } from '../../src/metrics/may-scrape.js';

describe('who may read the metrics', () => {
  it.each([
    [null, undefined, true],
    [null, 'Bearer anything', true],
    ['metrics-token', 'Bearer metrics-token', true],
    ['metrics-token', 'bearer metrics-token', true],
    ['metrics-token', undefined, false],
    ['metrics-token', 'Bearer metrics-toke', false],
    ['metrics-token', 'Bearer metrics-token2', false],
    ['metrics-token', 'Basic metrics-token', false],
    ['metrics-token', 'Bearer ', false],
  ])('with the token %p and the header %p: %p', (token, header, may) => {
    expect(mayScrape(token, header)).toBe(may);
  });
});
