/**
 * Whether an endpoint is sent to. The database's CHECK holds the same words.
 * - `active`: it is.
 * - `paused`: by hand. What is for it waits (held).
 * - `disabled`: it answered 410 Gone. What is for it waits, and no new task may name it.
 */
export const ENDPOINT_STATES = ['active', 'paused', 'disabled'] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

/**
 * - `pause`, `resume`: a person, through the API or SQL.
 * - `finish`: a dispatcher that was answered 410.
 */
export type EndpointMover = 'pause' | 'resume' | 'finish';

/** Every allowed move, and who makes it. A deleted endpoint keeps its state and moves no more. */
export const ENDPOINT_MOVES: Record<EndpointState, Partial<Record<EndpointState, EndpointMover>>> = {
  active: { paused: 'pause', disabled: 'finish' },
  paused: { active: 'resume', disabled: 'finish' },
  disabled: { active: 'resume' },
};

/** The breaker of an endpoint that goes on failing: `closed` is sent to, `open` holds its rows, `half_open` has a probe under way. */
export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];
