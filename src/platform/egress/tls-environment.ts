/** Refuses to start when certificates would not be checked: a webhook would then be sent to whoever answers. */
export function assertSafeTlsEnvironment(env: NodeJS.ProcessEnv): void {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return;
  throw new Error(
    'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off certificate checks for the whole process; unset it (NODE_EXTRA_CA_CERTS adds a private authority).',
  );
}
