import { describe, expect, it } from '@jest/globals';
import { ConnectionLost } from '../../src/platform/database/database.js';
import { submitGroup } from '../../src/tasks/submit-group.js';
import { OutcomeUnknown, type Submission, type Submitted } from '../../src/tasks/submit-tasks.js';
import { submission } from '../support/parts.js';

const five = () => Array.from({ length: 5 }, () => submission());
const created = ({ taskId, response }: Submission): Submitted => ({ kind: 'created', taskId, response });
const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' });

/** A clock that is only as late as it is told. */
function partsThat(write: (group: readonly Submission[], call: number) => Submitted[], monotonic = () => 0) {
  const groups: number[] = [];
  return {
    groups,
    parts: {
      write: async (group: readonly Submission[]) => {
        groups.push(group.length);
        return write(group, groups.length);
      },
      monotonic,
    },
  };
}

describe('a group of submits', () => {
  it('that the database refuses is halved until what it will not take stands alone', async () => {
    const group = five();
    const poison = group[3]!;
    const refused = Object.assign(new Error('unsupported Unicode escape sequence'), { code: '22P05' });
    const { parts, groups } = partsThat((some) => {
      if (some.includes(poison)) throw refused;
      return some.map(created);
    });
    const results = await submitGroup(parts, group);
    expect(results).toEqual(group.map((each) => (each === poison ? { kind: 'error', error: refused } : created(each))));
    expect(groups).toEqual([5, 3, 2, 1, 1]);
  });

  it.each([
    ['a deadlock', deadlock],
    ['an unknown COMMIT', new OutcomeUnknown(new ConnectionLost(null))],
  ])('is repeated as it is after %s', async (_, error) => {
    const group = five();
    const { parts, groups } = partsThat((some, call) => {
      if (call === 1) throw error;
      return some.map(created);
    });
    expect(await submitGroup(parts, group)).toEqual(group.map(created));
    expect(groups).toEqual([5, 5]);
  });

  /** Two seconds pass with every look at the clock. */
  const late = () => {
    let looks = 0;
    return () => 2_000 * looks++;
  };

  it('is refused with what the database said once its patience is over', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { parts, groups } = partsThat(() => {
      throw refused;
    }, late());
    expect(await submitGroup(parts, five())).toEqual(Array(5).fill({ kind: 'error', error: refused }));
    expect(groups).toEqual([5]);
  });

  it('says that it may have been stored when one of its COMMITs was never answered', async () => {
    const { parts } = partsThat(() => {
      throw new OutcomeUnknown(new ConnectionLost(null));
    }, late());
    const [result] = await submitGroup(parts, [submission()]);
    expect(result).toMatchObject({ kind: 'error', error: { status: 503, detail: expect.stringContaining('may be stored or not') } });
  });
});
