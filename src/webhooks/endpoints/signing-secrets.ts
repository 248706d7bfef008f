/** SQL, of an endpoint `e`: the secret that signs whatever goes to it. Null for an ad-hoc one: each of its rows has the secret of its submit. */
export const CURRENT_SECRET = "CASE WHEN e.kind = 'registered' THEN e.secret_id END";

/** SQL, of an endpoint `e`: the one that signs along during a rotation, else null. */
export const FORMER_SECRET = 'CASE WHEN e.previous_secret_expires_at > now() THEN e.previous_secret_id END';
