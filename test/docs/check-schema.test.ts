import { describe, expect, it } from '@jest/globals';
import { misfits } from './check-schema.js';

const document = {
  components: {
    schemas: {
      Left: { type: 'object', properties: { id: { type: 'string', format: 'uuid' } }, required: ['id'] },
      Right: { type: 'object', properties: { count: { type: ['integer', 'null'], minimum: 0 } } },
      Both: { allOf: [{ $ref: '#/components/schemas/Left' }, { $ref: '#/components/schemas/Right' }] },
      Maybe: { anyOf: [{ $ref: '#/components/schemas/Left' }, { type: 'null' }] },
    },
  },
};
const id = '01a20969-702f-7046-bb0a-084f60d5d1eb';

describe('the check of examples against schemas', () => {
  it.each([
    ['Both', { id, count: null }, []],
    ['Both', { count: 1 }, ['$.id is missing']],
    ['Both', { id, count: -1 }, ['$.count is -1, out of bounds']],
    ['Both', { id, count: '1' }, ['$.count is no integer or null']],
    ['Both', { id, other: 1 }, ['$.other is not in the schema']],
    ['Both', { id: 'x' }, ['$.id is "x", no uuid']],
    ['Maybe', null, []],
    ['Maybe', { id: 7 }, ['$.id is no string']],
  ])('holds %s against %j', (name, value, expected) => {
    expect(misfits(document, { $ref: `#/components/schemas/${name}` }, value)).toEqual(expected);
  });

  it('does not pass over a reference that leads nowhere', () => {
    expect(() => misfits(document, { $ref: '#/components/schemas/None' }, 1)).toThrow('leads nowhere');
  });
});
