import { parseArgs } from 'node:util';
import { DEFECTS, type Defect, isDefect } from './inside/defects.js';

export interface Options {
  seed: number;
  /** How long the safety phase lasts. */
  seconds: number;
  /** A defect to plant, in a run made to show it; null: the service as it is. */
  plant: Defect | null;
  /** Faults are inflicted; without them nothing is sent twice but what a receiver answered too late, or broke off. */
  faults: boolean;
  /** Directory for the logs of the service's processes; null: they are thrown away. */
  logs: string | null;
}

export const USAGE = `Usage: npm run chaos -- [--seed N] [--seconds S] [--no-faults] [--plant DEFECT] [--logs DIR]`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      plant: { type: 'string' },
      faults: { type: 'boolean', default: true },
      logs: { type: 'string' },
    },
  });
  const { seed, seconds, plant = null, faults, logs = null } = values;
  if (plant !== null && !isDefect(plant))
    throw new RangeError(`There is no defect "${plant}". Take one of: ${DEFECTS.join(', ')}.\n${USAGE}`);
  return { seed: count('seed', seed, 0), seconds: count('seconds', seconds, 1), plant, faults, logs };
}

function count(name: string, text: string, least: number): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new RangeError(`--${name} is a whole number from ${least}, not "${text}".\n${USAGE}`);
  return Number(text);
}
