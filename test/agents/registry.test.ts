import { describe, expect, it } from '@jest/globals';
import type { Agent, Class } from '../../src/agents/agent.js';
import { AgentRegistry } from '../../src/agents/registry.js';
import { validateDto } from '../../src/platform/http/validate-dto.js';

// the decorators write down what they know in the realm of the code that reads it
declare const requireBuilt: (name: string) => unknown;
const { IsString } = requireBuilt('class-validator') as typeof import('class-validator');
const { ApiProperty } = requireBuilt('@nestjs/swagger') as typeof import('@nestjs/swagger');

class Input {
  @ApiProperty({ type: String })
  @IsString()
  text_url: string;
}

class Nothing {}

class Unchecked extends Input {
  @ApiProperty({ type: String })
  more: string;
}

class Undocumented extends Input {
  @IsString()
  more: string;
}

class Reserved extends Input {
  @ApiProperty({ type: String })
  @IsString()
  timeout: string;
}

const register = (input: Class<object>, more: object = {}) => new AgentRegistry([agent(input, more)]);

const agent = (input: Class<object>, more: object): Agent => ({
  type: 'word-count',
  description: 'Counts words.',
  input,
  output: null,
  run: async () => null,
  ...more,
});

describe('the registry of agents', () => {
  it.each([
    ['with an input', Input, { documentUrls: ['text_url'] }],
    ['without fields', Nothing, {}],
    ['with a policy', Input, { policy: { maxRuns: 1, timeoutMs: 7_200_000, maxTimeoutMs: 7_200_000 } }],
  ])('takes an agent %s', (_, input, more) => {
    expect(register(input, more).types).toEqual(['word-count']);
  });

  it.each([
    ['a field without a validator', Unchecked, {}, 'The field more of word-count has no class-validator decorator, so every submit'],
    ['a field without documentation', Undocumented, {}, 'The field more of word-count has no @ApiProperty'],
    ['a field of the submit', Reserved, {}, 'Agent word-count has the input field timeout'],
    ['an unknown field for documents', Input, { documentUrls: ['url'] }, 'The documentUrls of word-count name url'],
    ['no run at all', Input, { policy: { maxRuns: 0 } }, 'The policy of word-count has maxRuns 0'],
    ['half a run', Input, { policy: { maxRuns: 1.5 } }, 'The policy of word-count has maxRuns 1.5'],
    ['a time above the longest', Input, { policy: { timeoutMs: 7_200_000 } }, 'has timeoutMs 7200000, above its maxTimeoutMs 3600000'],
    ['a type in capitals', Input, { type: 'WordCount' }, 'Agent type "WordCount"'],
  ])('refuses an agent with %s', (_, input, more, sentence) => {
    expect(() => register(input, more)).toThrow(sentence);
  });

  it('refuses two agents of one type', () => {
    expect(() => new AgentRegistry([agent(Input, {}), agent(Input, {})])).toThrow('Two agents have the type word-count');
  });
});

describe('the input of an agent without fields', () => {
  it('is an object without fields, and any field is an unknown one', () => {
    expect(validateDto(Nothing, {}).errors).toEqual([]);
    expect(validateDto(Nothing, { text: 1 }).errors).toEqual([{ field: 'text', detail: 'This field is not known here; leave it out.' }]);
  });
});
