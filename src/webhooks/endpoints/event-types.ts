/** What an endpoint can be told of: the words of `tasks/states.ts`, which is not this folder's to import; a test compares the two. */
export const WEBHOOK_EVENT_TYPES = ['task.completed', 'task.failed', 'task.error', 'task.canceled', 'task.expired'] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** What `POST /webhook-endpoints/:id/test` sends; belongs to no task. */
export const TEST_EVENT_TYPE = 'endpoint.test';
