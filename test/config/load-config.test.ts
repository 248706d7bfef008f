import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../src/config/config-error.js';
import { loadConfig } from '../../src/config/load-config.js';
import { allSettings } from '../../src/config/settings.js';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const external = { DATABASE_URL: 'postgres://somebody:hidden@db.example.com/postback', POSTBACK_MASTER_KEY: MASTER_KEY };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('has the documented defaults and needs nothing to be set', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      production: false,
      failPoint: null,
      roles: ['api', 'worker', 'dispatcher'],
      dataDir: '.data',
      demoAgents: false,
      http: { port: 3000, host: '127.0.0.1', publicUrl: 'http://localhost:3000' },
      database: { url: null, embedded: true },
      keys: { bootstrapApi: null, bootstrapAdmin: null, master: null },
      egress: { allowCidrs: [], allowHttp: false },
      retry: { baseMs: 60_000, factor: 2, capMs: 21_600_000, maxRetries: 10, immediate: true, jitter: 0.1 },
      delivery: { timeoutMs: 15_000, payloadMaxBytes: 262_144, endpointMaxInFlight: 10, heldMaxAgeMs: 604_800_000 },
      retention: { tasksDays: 30, deliveredDays: 14, deadDays: 90 },
      alerts: { slackUrl: null, pagerdutyKey: null, emailTo: [], smtpUrl: null, webhookUrl: null },
      llm: { baseUrl: null, apiKey: null, model: null, taskTokens: 50_000 },
    });
  });

  it('reads every kind of value', () => {
    const config = loadConfig({
      ...external,
      PORT: '8080',
      POSTBACK_ROLES: ' worker, api ',
      POSTBACK_RETRY_FACTOR: '1.5',
      POSTBACK_RETRY_IMMEDIATE: 'false',
      POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.0/8, ::1, 10.1.2.3',
      POSTBACK_LOG_LEVEL: 'warn',
      POSTBACK_ALERT_EMAIL_TO: 'a@example.com,b@example.com',
      POSTBACK_SMTP_URL: 'smtp://mail.example.com',
    });
    expect(config.http).toMatchObject({ port: 8080, publicUrl: 'http://localhost:8080' });
    expect(config.roles).toEqual(['worker', 'api']);
    expect(config.retry).toMatchObject({ factor: 1.5, immediate: false });
    expect(config.egress.allowCidrs).toEqual(['127.0.0.0/8', '::1/128', '10.1.2.3/32']);
    expect(config.log.level).toBe('warn');
    expect(config.alerts.emailTo).toEqual(['a@example.com', 'b@example.com']);
    expect(config.database).toMatchObject({ url: external.DATABASE_URL, embedded: false });
    expect(config.keys.master).toEqual(Buffer.alloc(32, 7));
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ POSTBACK_RETRY_BASE_MS: '', DATABASE_URL: ' ' })).toEqual(loadConfig({}));
  });

  it('reads only the environment it is given', () => {
    process.env.POSTBACK_RETRY_BASE_MS = '1';
    try {
      expect(loadConfig({}).retry.baseMs).toBe(60_000);
    } finally {
      delete process.env.POSTBACK_RETRY_BASE_MS;
    }
  });

  it('cannot be changed by those who hold it', () => {
    const config = loadConfig({}) as unknown as { retry: { baseMs: number } };
    expect(() => {
      config.retry.baseMs = 1;
    }).toThrow(TypeError);
  });

  it('lists every problem at once, each with what to do', () => {
    const problems = problemsOf({ PORT: 'http', POSTBACK_RETRY_JITTER: '2', POSTBACK_ROLES: 'api,cook', POSTBACK_DEMO_AGENTS: 'yes' });
    expect(problems).toEqual([
      'POSTBACK_ROLES has "cook", which is not known. Set it to one or more of api, worker, dispatcher, separated by commas.',
      'POSTBACK_DEMO_AGENTS is "yes", which is neither true nor false. Set it to `true` or `false`.',
      'PORT is "http", which is not a whole number. Set it to a whole number from 0 to 65535.',
      'POSTBACK_RETRY_JITTER is 2, which is out of bounds. Set it to a number from 0 to 1.',
    ]);
  });

  it.each([
    ['POSTBACK_RETRY_MAX_RETRIES', '-1'],
    ['POSTBACK_RETRY_MAX_RETRIES', '1.5'],
    ['POSTBACK_RETRY_MAX_RETRIES', '1e3'],
    ['POSTBACK_RETRY_FACTOR', '0.5'],
    ['POSTBACK_DELIVERY_TIMEOUT_MS', '0'],
    ['PORT', '65536'],
    ['POSTBACK_ROLES', ','],
    ['POSTBACK_PUBLIC_URL', 'example.com'],
    ['POSTBACK_PUBLIC_URL', 'ftp://example.com'],
    ['POSTBACK_EGRESS_ALLOW_CIDRS', '10.0.0.0/33'],
    ['POSTBACK_EGRESS_ALLOW_CIDRS', '10.0.0.0/8/8'],
    ['POSTBACK_EGRESS_ALLOW_CIDRS', '10.0/8'],
    ['POSTBACK_EGRESS_ALLOW_CIDRS', 'fe80::1%eth0'],
    ['POSTBACK_EGRESS_ALLOW_CIDRS', 'localhost'],
    ['POSTBACK_BOOTSTRAP_API_KEY', 'two words'],
    ['POSTBACK_MASTER_KEY', 'c2hvcnQ='],
    ['POSTBACK_MASTER_KEY', `${MASTER_KEY}!`],
    ['POSTBACK_MASTER_KEY_OTHERS', `${MASTER_KEY},c2hvcnQ=`],
    ['POSTBACK_ALERT_EMAIL_TO', 'nobody'],
  ])('refuses %s=%s with one sentence that names it', (name, value) => {
    const problems = problemsOf({ POSTBACK_SMTP_URL: 'smtp://mail.example.com', [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} .+\\. Set it to .+\\.$`));
  });

  it('never repeats the value of a secret in a problem', () => {
    const secrets = allSettings.filter((setting) => setting.secret).map((setting) => setting.name);
    fc.assert(
      fc.property(
        fc.constantFrom(...secrets),
        fc.string({ minLength: 6 }).map((text) => `<${text}>`),
        (name, value) => {
          expect(problemsOf({ ...external, [name]: value }).join('\n')).not.toContain(value);
        },
      ),
    );
    expect(problemsOf({ POSTBACK_PUBLIC_URL: 'http://me:pa55word@example.com' }).join()).not.toContain('pa55word');
    expect(problemsOf({ POSTBACK_PUBLIC_URL: 'ftp://me:pa55word@example.com' }).join()).not.toContain('pa55word');
  });

  it('reads a fail point, but never in production', () => {
    expect(loadConfig({ FAILPOINT: 'after-claim' }).failPoint).toBe('after-claim');
    expect(loadConfig({ ...external, FAILPOINT: 'after-claim', NODE_ENV: 'production' }).failPoint).toBeNull();
  });
});

describe('unknown names', () => {
  it.each([
    ['POSTBACK_RETRI_BASE_MS', 'POSTBACK_RETRY_BASE_MS'],
    ['POSTBACK_SLACK_URL', 'POSTBACK_ALERT_SLACK_URL'],
    ['POSTBACK_DATABASE_URL', 'DATABASE_URL'],
    ['POSTBACK_PORT', 'PORT'],
    ['POSTBACK_EMBEDED', 'POSTBACK_EMBEDDED'],
  ])('stop the boot: for %s, did you mean %s', (name, meant) => {
    expect(problemsOf({ [name]: '1' })).toEqual([`${name} is not a setting: did you mean ${meant}?`]);
  });

  it('get no suggestion when nothing comes near', () => {
    expect(problemsOf({ POSTBACK_QUUX_FROBNICATOR: '1' })).toEqual([
      'POSTBACK_QUUX_FROBNICATOR is not a setting. Remove it; `npm run config` lists all settings.',
    ]);
  });

  it('are fine without our prefix, for our tests, and when Kubernetes sets them for a service called postback', () => {
    const env = {
      HOME: '/home/somebody',
      POSTBACK_TEST_DATABASE_URL: 'postgres://localhost/postgres',
      POSTBACK_PORT: 'tcp://10.0.0.1:3000',
      POSTBACK_PORT_3000_TCP_ADDR: '10.0.0.1',
      POSTBACK_API_SERVICE_HOST: '10.0.0.1',
      POSTBACK_SERVICE_PORT_HTTP: '3000',
    };
    expect(problemsOf(env)).toEqual([]);
  });
});
