/** For `@ApiProperty`: a value that may be any JSON. A bare `Object` would say that only objects are. */
export const anyJson = {
  anyOf: [
    { type: 'object', additionalProperties: true },
    { type: 'array', items: {} },
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'null' },
  ],
};
