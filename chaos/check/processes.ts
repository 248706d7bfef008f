import { type Rule, violation } from './evidence.js';

/** Processes end when they are told to, or killed; never by themselves. */
export const lived: Rule = ({ evidence }) => evidence.processes.map(({ slot, trouble }) => violation('PROCESS', `${slot}: ${trouble}`));

/** G8: no secret in a log, an error or an answer. */
export const kept: Rule = ({ evidence }) => {
  const { ledger, database, logs, secrets } = evidence;
  const places = new Map([
    ...logs,
    ['an answer of the API', ledger.told.map(({ text }) => text).join('\n')],
    ['an error of an attempt', database.attempts.map(({ error, response_excerpt }) => `${error} ${response_excerpt}`).join('\n')],
    ['an error of a delivery', database.outbox.map(({ last_error }) => last_error).join('\n')],
  ]);
  return [...secrets].flatMap(([name, secret]) =>
    [...places].filter(([, text]) => text.includes(secret)).map(([place]) => violation('G8', `${name} can be read in ${place}.`)),
  );
};
