import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configTable } from '../../src/config/config-table.js';
import { describeConfig } from '../../src/config/describe-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { allSettings } from '../../src/config/settings.js';

const secrets = {
  DATABASE_URL: 'postgres://somebody:Zq1database@db.example.com/Zq1db',
  POSTBACK_MASTER_KEY: `Zq2master${'A'.repeat(34)}=`,
  POSTBACK_MASTER_KEY_OTHERS: `Zq11former${'A'.repeat(33)}=`,
  POSTBACK_BOOTSTRAP_API_KEY: 'Zq3api-key',
  POSTBACK_BOOTSTRAP_ADMIN_KEY: 'Zq4admin-key',
  POSTBACK_METRICS_TOKEN: 'Zq5metrics',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Zq5otlp',
  POSTBACK_ALERT_SLACK_URL: 'https://hooks.example.com/Zq6slack',
  POSTBACK_ALERT_PAGERDUTY_KEY: 'Zq7pager-0x7f',
  POSTBACK_ALERT_WEBHOOK_URL: 'https://alerts.example.com/Zq8webhook',
  POSTBACK_ALERT_WEBHOOK_SECRET: 'Zq11alert-signer',
  POSTBACK_SMTP_URL: 'smtp://somebody:Zq9smtp@mail.example.com:2525',
  POSTBACK_LLM_API_KEY: 'Zq10llm',
};
const llm = { POSTBACK_LLM_BASE_URL: 'https://llm.example.com', POSTBACK_LLM_MODEL: 'small' };

describe('describeConfig', () => {
  it('shows every setting once, with its value and where it comes from', () => {
    const lines = describeConfig({ POSTBACK_RETRY_BASE_MS: '500', PORT: '8080' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(allSettings.map((setting) => setting.name));
    expect(lines).toContainEqual(expect.stringMatching(/^POSTBACK_RETRY_BASE_MS +500 {2}\(set\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^POSTBACK_PUBLIC_URL +http:\/\/localhost:8080 {2}\(default\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^DATABASE_URL +not set {2}\(default\)$/));
  });

  it('says of a secret only that it is set', () => {
    expect(Object.keys(secrets).sort()).toEqual(
      allSettings
        .filter((setting) => setting.secret)
        .map((setting) => setting.name)
        .sort(),
    );
    const env = { ...secrets, ...llm };
    loadConfig(env);
    const text = describeConfig(env).join('\n');
    for (const [name, value] of Object.entries(secrets)) {
      expect(text).toMatch(new RegExp(`^${name} +set {2}\\(set\\)$`, 'm'));
      expect(text).not.toContain(value.slice(-4));
    }
    expect(text).not.toContain('Zq');
  });
});

describe('configTable', () => {
  it('is a Markdown table with a row of three cells for each setting', () => {
    const [head, rule, ...rows] = configTable().split('\n');
    expect(head).toBe('| name | default | what it does |');
    expect(rule).toBe('|---|---|---|');
    expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual(allSettings.map((setting) => `\`${setting.name}\``));
    for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(5);
  });
});

describe('npm run config', () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'config-'));
  });

  afterAll(() => rmSync(dir, { recursive: true }));

  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['--import', resolve('test/support/typescript.js'), resolve('src/config/print-config.ts')], {
      cwd: dir,
      env,
      encoding: 'utf8',
    });

  it('prints the settings, filling in from a .env file what is not set', () => {
    writeFileSync(join(dir, '.env'), 'PORT=4000\nPOSTBACK_RETRY_BASE_MS=700\n');
    const { status, stdout } = run({ POSTBACK_RETRY_BASE_MS: '800' });
    expect(stdout).toMatch(/^PORT +4000 /m);
    expect(stdout).toMatch(/^POSTBACK_RETRY_BASE_MS +800 /m);
    expect(status).toBe(0);
  });

  it('prints what is wrong and fails', () => {
    const { status, stdout, stderr } = run({ POSTBACK_RETRI_BASE_MS: '800' });
    expect(stderr.trim()).toBe(
      'The configuration cannot be used (1 problem):\n  - POSTBACK_RETRI_BASE_MS is not a setting: did you mean POSTBACK_RETRY_BASE_MS?',
    );
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});
