import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/config/config-error.js';
import { loadConfig } from '../../src/config/load-config.js';

const master = { POSTBACK_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
const external = { DATABASE_URL: 'postgres://db.example.com/postback', ...master };
const production = { NODE_ENV: 'production' };

const load = (env: Record<string, string>) => () => loadConfig(env);

describe('the rules between settings', () => {
  it('refuse the embedded Postgres in production unless it is asked for', () => {
    expect(load(production)).toThrow(/DATABASE_URL is not set.*POSTBACK_EMBEDDED=true/);
    expect(loadConfig({ ...production, POSTBACK_EMBEDDED: 'true' }).database.embedded).toBe(true);
    expect(loadConfig({ ...production, ...external, POSTBACK_EMBEDDED: 'true' }).database.embedded).toBe(false);
  });

  it('listen to everybody in production only', () => {
    expect(loadConfig({ ...production, ...external }).http.host).toBe('0.0.0.0');
    expect(loadConfig({ ...production, ...external, POSTBACK_HOST: '::' }).http.host).toBe('::');
  });

  it('want a master key for a database of your own', () => {
    expect(load({ DATABASE_URL: external.DATABASE_URL })).toThrow(/POSTBACK_MASTER_KEY is not set.*openssl rand -base64 32/);
    expect(load(external)).not.toThrow();
  });

  it('want no key of a command that only needs the database', () => {
    const migrating = (env: Record<string, string>) => () => loadConfig(env, 'database');
    expect(migrating({ ...production, DATABASE_URL: external.DATABASE_URL })).not.toThrow();
    expect(migrating(production)).toThrow(/DATABASE_URL is not set/);
    expect(migrating({ DATABASE_URL: external.DATABASE_URL, POSTBACK_MASTER_KEY: 'bad' })).toThrow(/POSTBACK_MASTER_KEY/);
  });

  it('say only once that a master key is bad', () => {
    expect(load({ ...external, POSTBACK_MASTER_KEY: 'bad' })).toThrow(/\(1 problem\)/);
  });

  it('want a lease that outlives the attempt and its slack', () => {
    expect(load({ POSTBACK_LEASE_MS: '20000' })).toThrow(/POSTBACK_LEASE_MS is 20000.*Set it above 20000\./);
    expect(load({ POSTBACK_LEASE_MS: '20001' })).not.toThrow();
    expect(load({ POSTBACK_DELIVERY_TIMEOUT_MS: '60000' })).toThrow(/POSTBACK_LEASE_MS is 30000.*Set it above 65000\./);
  });

  it('want more than two heartbeats before a process is lost', () => {
    expect(load({ POSTBACK_PROCESS_LOST_MS: '10000' })).toThrow(/POSTBACK_PROCESS_LOST_MS is 10000.*Set it above 10000\./);
    expect(load({ POSTBACK_PROCESS_LOST_MS: '10001' })).not.toThrow();
  });

  it('want a mail server for alert mails', () => {
    expect(load({ POSTBACK_ALERT_EMAIL_TO: 'ops@example.com' })).toThrow(/POSTBACK_SMTP_URL is not set/);
    expect(load({ POSTBACK_ALERT_EMAIL_TO: 'ops@example.com', POSTBACK_SMTP_URL: 'smtps://mail.example.com' })).not.toThrow();
  });

  it('want a model and an endpoint together', () => {
    expect(load({ POSTBACK_LLM_BASE_URL: 'http://localhost:11434/v1' })).toThrow(/POSTBACK_LLM_MODEL is not set/);
    expect(load({ POSTBACK_LLM_MODEL: 'small' })).toThrow(/POSTBACK_LLM_BASE_URL is not set/);
    expect(load({ POSTBACK_LLM_BASE_URL: 'http://localhost:11434/v1', POSTBACK_LLM_MODEL: 'small' })).not.toThrow();
  });

  it('want bootstrap keys that differ, and in production ones that cannot be guessed', () => {
    expect(load({ POSTBACK_BOOTSTRAP_API_KEY: 'same', POSTBACK_BOOTSTRAP_ADMIN_KEY: 'same' })).toThrow(/Set two different keys/);
    expect(load({ POSTBACK_BOOTSTRAP_API_KEY: 'short' })).not.toThrow();
    expect(load({ ...production, ...external, POSTBACK_BOOTSTRAP_ADMIN_KEY: 'short' })).toThrow(
      /POSTBACK_BOOTSTRAP_ADMIN_KEY can be guessed/,
    );
  });

  it('refuse to run with certificate checks turned off', () => {
    expect(load({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(/NODE_TLS_REJECT_UNAUTHORIZED is 0.*NODE_EXTRA_CA_CERTS/);
    expect(load({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow();
  });

  it('are reported beside unreadable values and unknown names, in one error', () => {
    const all = load({ ...production, POSTBACK_NOPE_NOPE_NOPE: '1', PORT: 'x', POSTBACK_LEASE_MS: '1000' });
    expect(all).toThrow(ConfigError);
    expect(all).toThrow(/\(4 problems\)/);
  });
});
