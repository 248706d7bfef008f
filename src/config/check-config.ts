import type { Config } from './config.js';
import type { Environment } from './setting.js';

/** A rule between settings that is broken: the setting to blame, and a sentence that says what to do. */
export interface BrokenRule {
  name: string;
  sentence: string;
}

type Rule = (config: Config, env: Environment) => BrokenRule | null;

/** What a lease must last beyond the deadline of an attempt: the attempt begins some time after its claim, and its end must be committed. */
export const LEASE_SLACK_MS = 5_000;

/** Short keys are for trying out on one's own machine. */
const PRODUCTION_KEY_MIN_LENGTH = 8;

/** What a command needs of the configuration. `database`: nothing is sealed or opened, so no key is asked for. */
export type ConfigNeed = 'everything' | 'database';

export function checkConfig(config: Config, env: Environment, need: ConfigNeed = 'everything'): BrokenRule[] {
  return (need === 'database' ? databaseRules : rules).map((rule) => rule(config, env)).filter((broken) => broken !== null);
}

const broken = (name: string, sentence: string): BrokenRule => ({ name, sentence: `${name} ${sentence}` });

const databaseRules: Rule[] = [
  ({ production, database }) =>
    production && database.embedded && !database.allowEmbedded
      ? broken(
          'DATABASE_URL',
          'is not set. Set it to your Postgres, or set POSTBACK_EMBEDDED=true to run on the embedded one in production.',
        )
      : null,
];

const rules: Rule[] = [
  ...databaseRules,

  ({ database, keys }) =>
    !database.embedded && keys.master === null
      ? broken('POSTBACK_MASTER_KEY', 'is not set. Make one with `openssl rand -base64 32`, keep it with your backups, and set it.')
      : null,

  ({ delivery }) =>
    delivery.leaseMs <= delivery.timeoutMs + LEASE_SLACK_MS
      ? broken(
          'POSTBACK_LEASE_MS',
          `is ${delivery.leaseMs}, too short for POSTBACK_DELIVERY_TIMEOUT_MS=${delivery.timeoutMs}: a webhook would be sent again while it is under way. Set it above ${delivery.timeoutMs + LEASE_SLACK_MS}.`,
        )
      : null,

  ({ process }) =>
    process.lostMs <= 2 * process.heartbeatMs
      ? broken(
          'POSTBACK_PROCESS_LOST_MS',
          `is ${process.lostMs}, too short for POSTBACK_HEARTBEAT_MS=${process.heartbeatMs}: a living process would be taken for dead. Set it above ${2 * process.heartbeatMs}.`,
        )
      : null,

  ({ alerts }) =>
    alerts.emailTo.length > 0 && alerts.smtpUrl === null
      ? broken(
          'POSTBACK_SMTP_URL',
          'is not set, but POSTBACK_ALERT_EMAIL_TO is. Set it to your mail server, like `smtp://user:password@host:587`.',
        )
      : null,

  ({ llm }) =>
    llm.baseUrl !== null && llm.model === null
      ? broken('POSTBACK_LLM_MODEL', 'is not set, but POSTBACK_LLM_BASE_URL is. Set it to the name of a model there.')
      : null,

  ({ llm }) =>
    llm.baseUrl === null && (llm.apiKey !== null || llm.model !== null)
      ? broken('POSTBACK_LLM_BASE_URL', 'is not set, but a key or a model is. Set it to the model endpoint, or remove the others.')
      : null,

  ({ keys }) =>
    keys.bootstrapApi !== null && keys.bootstrapApi === keys.bootstrapAdmin
      ? broken('POSTBACK_BOOTSTRAP_ADMIN_KEY', 'is the same as POSTBACK_BOOTSTRAP_API_KEY. Set two different keys.')
      : null,

  ({ production, keys }) => (production ? tooShort('POSTBACK_BOOTSTRAP_API_KEY', keys.bootstrapApi) : null),
  ({ production, keys }) => (production ? tooShort('POSTBACK_BOOTSTRAP_ADMIN_KEY', keys.bootstrapAdmin) : null),

  (_config, env) =>
    env.NODE_TLS_REJECT_UNAUTHORIZED === '0'
      ? broken(
          'NODE_TLS_REJECT_UNAUTHORIZED',
          'is 0, which lets anybody read what we send. Remove it; to trust a certificate authority of your own, set NODE_EXTRA_CA_CERTS.',
        )
      : null,
];

function tooShort(name: string, key: string | null): BrokenRule | null {
  return key !== null && key.length < PRODUCTION_KEY_MIN_LENGTH
    ? broken(name, `can be guessed. In production, set it to at least ${PRODUCTION_KEY_MIN_LENGTH} random characters.`)
    : null;
}
