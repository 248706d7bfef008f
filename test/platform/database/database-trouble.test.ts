import { describe, expect, it } from '@jest/globals';
import { isDatabaseTrouble } from '../../../src/platform/database/database-trouble.js';

const withCode = (code: string) => Object.assign(new Error('from the driver'), { code });

describe('trouble with the database', () => {
  it.each(['08006', '53300', '57P01', '58030', '40P01', 'ECONNREFUSED'])('is %s: the same statement may succeed later', (code) => {
    expect(isDatabaseTrouble(withCode(code))).toBe(true);
    expect(isDatabaseTrouble(Object.assign(new Error('wrapped'), { driverError: withCode(code) }))).toBe(true);
  });

  it.each(['23505', '22P02', '42601', '08P01'])('is not %s: the statement itself is wrong', (code) => {
    expect(isDatabaseTrouble(withCode(code))).toBe(false);
  });
});
