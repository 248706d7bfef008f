import { describe, expect, it } from '@jest/globals';
import { widen } from '../../../src/agents/analyze-document/find/widen.js';
import { placeSentences } from '../../../src/agents/analyze-document/segment/sentences.js';

/** What is quoted for each sentence that carries a finding: `!` marks one, `~` one that nearly does. */
function quoted(body: string): string[] {
  const sentences = placeSentences(body).map((place) => {
    const text = body.slice(place.start, place.end);
    return { place, found: text.includes('!'), near: /[!~]/.test(text) };
  });
  return widen(body, sentences).flatMap(({ start, end }, index) => (sentences[index]!.found ? [body.slice(start, end)] : []));
}

describe('an excerpt', () => {
  it('is the sentence that carries the finding, when its neighbours are about something else', () => {
    expect(quoted('Fees are due. Owner grants a license! Taxes are extra.')).toEqual(['Owner grants a license!']);
  });

  it('takes in the sentences after and before that nearly carry one, as they are printed', () => {
    expect(quoted('Owner grants a license to it!\nIt is ~free. Taxes are extra.')).toEqual(['Owner grants a license to it!\nIt is ~free.']);
    expect(quoted('It is ~free. Owner grants a wide license to all of it! It ~stays so.')).toEqual([
      'It is ~free. Owner grants a wide license to all of it! It ~stays so.',
    ]);
  });

  it('stays about its own sentence: what it takes in has no more words than that', () => {
    expect(quoted('Owner grants it! It is ~free and will be so for ever.')).toEqual(['Owner grants it!']);
    expect(quoted('It was ~free all along. Owner grants it to User! It ~stays free now.')).toEqual([
      'Owner grants it to User! It ~stays free now.',
    ]);
  });

  it('takes no sentence that carries a finding itself, and none that another excerpt has', () => {
    expect(quoted('Owner grants a license! User grants one back!')).toEqual(['Owner grants a license!', 'User grants one back!']);
    expect(quoted('Owner grants a license! It is ~free. User grants one back!')).toEqual([
      'Owner grants a license! It is ~free.',
      'User grants one back!',
    ]);
  });
});
