import { expect, it } from '@jest/globals';
import { TERMINAL_EVENT_TYPES } from '../../../src/tasks/states.js';
import { WEBHOOK_EVENT_TYPES } from '../../../src/webhooks/endpoints/event-types.js';

it('An endpoint can be told of exactly the events that end a task', () => {
  expect([...WEBHOOK_EVENT_TYPES]).toEqual([...TERMINAL_EVENT_TYPES]);
});
