import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Ajv2019 as Ajv } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { allSettings } from '../../src/config/settings.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { Receiver } from '../support/receiver.js';

const read = (path: string) => readFileSync(packageRoot(path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true });
const roles = ['api', 'worker', 'dispatcher'];
const services = roles.map((role) => compose.services[role]);
const dockerfile = read('Dockerfile').replace(/\\\n\s*/g, '');
const names = allSettings.map(({ name }) => name);

/** Those of the Compose specification that are in use. */
const SERVICE_KEYS = [
  ...['image', 'build', 'depends_on', 'env_file', 'environment', 'ports', 'volumes', 'secrets', 'healthcheck', 'restart', 'init'],
  ...['stop_grace_period', 'read_only', 'tmpfs', 'cap_drop', 'security_opt'],
];

describe('docker-compose.yml', () => {
  it('is valid by the schema of the Compose specification', () => {
    const words = JSON.parse(read('test/docs/compose-spec/compose-spec.json'), (key, value) =>
      ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value,
    );
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(words);
    expect([validate(beforeLaterForms(compose)), validate.errors]).toEqual([true, null]);
    const broken = structuredClone(compose);
    broken.services.api.health_check = broken.services.api.healthcheck;
    expect(validate(beforeLaterForms(broken))).toBe(false);
  });

  /** The schema is of 2021. Two forms came later: an env_file that may be missing, and a secret from the environment. */
  function beforeLaterForms(file: typeof compose): unknown {
    const services = Object.entries<Record<string, unknown>>(file.services).map(([name, { env_file: files, ...service }]) => {
      if (files === undefined) return [name, service];
      expect(files).toEqual([{ path: '.env', required: false }]);
      return [name, { ...service, env_file: ['.env'] }];
    });
    const secrets = Object.entries<Record<string, unknown>>(file.secrets).map(([name, { environment, ...secret }]) => {
      expect(environment).toEqual(expect.any(String));
      return [name, { ...secret, file: `/from/${environment}` }];
    });
    return { ...file, services: Object.fromEntries(services), secrets: Object.fromEntries(secrets) };
  }

  it('uses words of the Compose specification only', () => {
    const strange = (given: object, known: string[]) => Object.keys(given).filter((key) => !known.includes(key) && !key.startsWith('x-'));
    expect(strange(compose, ['services', 'volumes', 'secrets'])).toEqual([]);
    for (const service of Object.values<Record<string, object>>(compose.services)) {
      expect(strange(service, SERVICE_KEYS)).toEqual([]);
      expect('image' in service).toBe(true);
      expect(strange(service.healthcheck ?? {}, ['test', 'interval', 'timeout', 'start_period', 'retries'])).toEqual([]);
      for (const value of Object.values(service.environment ?? {})) expect(typeof value).toBe('string');
      for (const needed of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(needed);
    }
  });

  it('runs Postgres and then each role on its own, all with health checks', () => {
    const { postgres } = compose.services;
    expect(postgres.image).toBe('postgres:18');
    expect(postgres.healthcheck.test[0]).toBe('CMD');
    expect(services.map(({ environment }) => environment.POSTBACK_ROLES)).toEqual(roles);
    for (const service of services) {
      expect(service.healthcheck.test[0]).toBe('CMD');
      expect(service.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    }
    expect(services.map(({ ports }) => ports?.length)).toEqual([1, undefined, undefined]);
    expect(services[0].ports[0]).toMatch(/^127\.0\.0\.1:.*:3000$/);
    const mounted = Object.values<{ volumes?: string[] }>(compose.services).flatMap(({ volumes }) => volumes ?? []);
    const [files, named] = [mounted.filter((volume) => volume.startsWith('.')), mounted.filter((volume) => !volume.startsWith('.'))];
    expect(Object.keys(compose.volumes)).toEqual(named.map((volume) => volume.split(':')[0]));
    expect(files.filter((volume) => !existsSync(packageRoot(volume.split(':')[0]!)))).toEqual([]);
  });

  it('lets Prometheus in, by the port and the token that every role has', () => {
    const [scrape] = parse(read('deploy/prometheus/prometheus.yml')).scrape_configs;
    expect(scrape.dns_sd_configs[0].names).toEqual(roles);
    for (const { environment } of services) {
      expect(environment.POSTBACK_METRICS_PORT).toBe(String(scrape.dns_sd_configs[0].port));
      expect(environment.POSTBACK_METRICS_TOKEN).toMatch(/^\$\{POSTBACK_METRICS_TOKEN:\?/);
    }
    const [secret] = compose.services.prometheus.secrets;
    expect(scrape.authorization.credentials_file).toBe(`/run/secrets/${secret}`);
    expect(compose.secrets[secret]).toEqual({ environment: 'POSTBACK_METRICS_TOKEN' });
  });

  it('says what is missing instead of starting without a secret', () => {
    for (const { environment } of services) holdsNoSecret(environment);
  });

  function holdsNoSecret(environment: Record<string, string>): void {
    for (const name of ['POSTBACK_MASTER_KEY', 'POSTBACK_BOOTSTRAP_API_KEY', 'POSTBACK_BOOTSTRAP_ADMIN_KEY'])
      expect(environment[name]).toMatch(new RegExp(`^\\$\\{${name}:\\?Set it in \\.env [^{}]+\\}$`));
    expect(environment.DATABASE_URL).toMatch(/^postgres:\/\/postback:\$\{POSTGRES_PASSWORD:\?[^{}]+\}@postgres:5432\/postback$/);
  }

  it('names settings that exist', () => {
    for (const { environment } of services) expect(Object.keys(environment).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('gives the service more time to stop than it takes', () => {
    const grace = allSettings.find(({ name }) => name === 'POSTBACK_SHUTDOWN_GRACE_MS')!.fallback({}) as number;
    for (const service of services) expect(Number.parseInt(service.stop_grace_period, 10) * 1000).toBeGreaterThan(grace);
  });
});

describe('.env.example', () => {
  const listed = [...read('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map((match) => match[1]!);

  it('asks for every secret of docker-compose.yml, and names settings that exist', () => {
    const asked = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map((match) => match[1]!);
    expect(asked.filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => name !== 'POSTGRES_PASSWORD' && !names.includes(name))).toEqual([]);
  });

  it('holds no secret', () => {
    expect(read('.env.example')).not.toMatch(/^[A-Z_]+=.+/m);
  });
});

describe('the Dockerfile', () => {
  it('copies what exists, and nothing that .dockerignore keeps away', () => {
    const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map((match) => match[1]!);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(' '));
    expect(copied.filter((path) => !existsSync(packageRoot(path)))).toEqual([]);
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([]);
    expect(read('.dockerignore')).toMatch(/^\*$/m);
  });

  it('copies every folder that the build compiles', () => {
    const { filenames } = JSON.parse(read('nest-cli.json')).compilerOptions.builder.options;
    for (const folder of filenames) expect(dockerfile).toContain(`\nCOPY ${folder} `);
  });

  it('ends in an image for production, of a user without rights', () => {
    const image = dockerfile.split(/^FROM /m).at(-1)!;
    expect(image).toMatch(/^node:24-slim\n/);
    expect(image).toContain('\nENV NODE_ENV=production\n');
    expect(image).toContain('\nUSER node\n');
    expect(image).toContain('\nCMD ["node", "dist/src/main.js"]\n');
    expect(image).not.toMatch(/COPY --from=build \S*node_modules/);
  });

  it('runs as it is: nothing is written beside /tmp, nothing may be gained', () => {
    const { api, worker, dispatcher } = compose.services;
    for (const service of [api, worker, dispatcher]) {
      expect(service).toMatchObject({ read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.privileged ?? false).toBe(false);
      expect(service.user).toBeUndefined(); // that of the image
      expect(service.volumes).toBeUndefined();
    }
    expect(api.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
    expect([worker.ports, dispatcher.ports]).toEqual([undefined, undefined]);
    expect(compose.services.postgres.ports).toBeUndefined();
  });

  it('has a health check that tells a living service from none, and leaves other roles alone', async () => {
    const [, script] = JSON.parse(/^HEALTHCHECK .* CMD (\[node.*\]|\["node".*\])$/m.exec(dockerfile)![1]!).slice(1);
    const check = (env: Record<string, string>) =>
      promisify(execFile)(process.execPath, ['-e', script], { env }).then(
        () => 0,
        (error) => error.code,
      );
    const receiver = await Receiver.start(200, 503);
    const PORT = new URL(receiver.url()).port;
    expect(await check({ PORT })).toBe(0);
    expect(receiver.received[0]!.path).toBe('/health/live');
    expect(await check({ PORT })).toBe(1);
    await receiver.stop();
    expect(await check({ PORT })).toBe(1);
    expect(await check({ PORT, POSTBACK_ROLES: 'worker,dispatcher' })).toBe(0);
  });
});
