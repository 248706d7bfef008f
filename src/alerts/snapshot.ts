/** What the rules look at, as it was at one moment. Times in ms. */
export interface Snapshot {
  /** The latest attempts, of webhooks made within the window. */
  attempts: { total: number; failed: number; failingEndpoints: number };
  /** Dead rows that wait for a person; counted up to a bound. */
  dead: { rows: number; endpoints: number };
  /** Rows that wait for their next attempt after many charged ones. */
  retrying: { rows: number; endpoints: number; most: number; url: string | null };
  /** Rows whose attempts go on failing without anybody being charged for it. */
  uncharged: { rows: number; endpoints: number; most: number; url: string | null; error: string | null };
  oldestDue: { ageMs: number; outboxId: string; endpointId: string; url: string } | null;
  oldestQueued: { ageMs: number; taskId: string; type: string } | null;
  /** Endpoints with rows held for longer than allowed. */
  held: readonly { ageMs: number; endpointId: string; tenant: string; url: string }[];
  /** Endpoints that are disabled or whose breaker is not closed. */
  blocked: readonly BlockedEndpoint[];
  /** Roles that no living process has. */
  missingRoles: readonly { role: string; missingMs: number }[];
}

export interface BlockedEndpoint {
  endpointId: string;
  tenant: string;
  url: string;
  state: string;
  reason: string | null;
  breaker: string;
  failures: number;
}

/** From when on something is worth an alert. */
export interface Thresholds {
  failureRate: number;
  failureRateMinAttempts: number;
  deadLetters: number;
  retryAttempts: number;
  retryRows: number;
  unchargedAttempts: number;
  dueAgeMs: number;
  heldAgeMs: number;
  queueAgeMs: number;
  roleMissingMs: number;
}
