import { notFound, Problem } from '../../platform/http/problem.js';
import type { Redelivery } from './redeliver.js';

/** Why a webhook is not sent again, as the answer. */
export function redeliveryProblem(outcome: Exclude<Redelivery, 'queued' | 'held'>, what: string): Problem {
  switch (outcome) {
    case 'unknown':
      return notFound(what);
    case 'in_flight':
      return new Problem(409, 'in_flight', 'This webhook is being sent right now; look again in a moment.');
    case 'waiting_already':
      return new Problem(409, 'waiting_already', 'This webhook is still on its schedule; it will be sent by itself.');
    case 'body_purged':
      return new Problem(
        410,
        'body_purged',
        'The body of this webhook has been removed by retention or erasure, so it cannot be sent again.',
      );
    case 'endpoint_deleted':
      return new Problem(409, 'endpoint_deleted', 'The endpoint of this webhook was deleted, so there is nowhere to send it.');
    default:
      throw new Error(`Redelivery cannot end as ${outcome satisfies never}.`);
  }
}

/** For the OpenAPI document. */
export const redeliveryProblems = {
  409: {
    in_flight: 'It is being sent right now.',
    waiting_already: 'It is still on its schedule.',
    endpoint_deleted: 'Its endpoint was deleted.',
  },
  410: { body_purged: 'Its body has been removed.' },
};
