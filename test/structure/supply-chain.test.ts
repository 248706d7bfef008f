import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';

interface Locked {
  version?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  link?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
}

const read = (path: string) => JSON.parse(readFileSync(packageRoot(path), 'utf8'));
const manifest = read('package.json');
const locked: [path: string, entry: Locked][] = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(
  ([path]) => path !== '',
);
const direct: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies };

describe('package.json', () => {
  it('names exact versions', () => {
    expect(Object.entries(direct).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('decides by name about every package that wants to run a script when it is installed', () => {
    const asking = new Set(
      locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path.split('node_modules/').at(-1)!),
    );
    expect([...asking].filter((name) => typeof manifest.allowScripts[name] !== 'boolean')).toEqual([]);
    expect(Object.keys(manifest.allowScripts).filter((name) => !asking.has(name))).toEqual([]);
  });
});

describe('.npmrc', () => {
  it('stops an install that would run a script nobody decided about, in the image as well', () => {
    expect(readFileSync(packageRoot('.npmrc'), 'utf8')).toMatch(/^strict-allow-scripts=true$/m);
    const dockerfile = readFileSync(packageRoot('Dockerfile'), 'utf8');
    const installs = dockerfile.match(/^RUN npm ci/gm)!.length;
    expect(dockerfile.match(/^COPY package\.json package-lock\.json \.npmrc /gm)).toHaveLength(installs);
  });
});

describe('package-lock.json', () => {
  // an optional package for another platform may have been out of reach when the file was written: its version is fixed all the same
  it('holds a checksum of every package that every platform gets, and a version of the others', () => {
    expect(locked.length).toBeGreaterThan(300);
    const unsure = locked.filter(([, { integrity, link }]) => !link && !/^sha512-/.test(integrity ?? ''));
    expect(unsure.filter(([, { optional, os, cpu }]) => !optional || (os ?? cpu) === undefined).map(([path]) => path)).toEqual([]);
    expect(unsure.filter(([, { version }]) => !/^\d+\.\d+\.\d+/.test(version ?? ''))).toEqual([]);
  });

  it('holds every package of package.json in the version that is named there', () => {
    const found = new Map(locked.map(([path, { version }]) => [path, version]));
    expect(Object.entries(direct).filter(([name, version]) => found.get(`node_modules/${name}`) !== version)).toEqual([]);
  });
});

describe('npm run audit', () => {
  const project = mkdtempSync(join(tmpdir(), 'postback-audit-'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', dependencies: { old: '1.0.0' } }));
  writeFileSync(
    join(project, 'package-lock.json'),
    JSON.stringify({
      name: 'x',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': { name: 'x', version: '1.0.0', dependencies: { old: '1.0.0' } }, 'node_modules/old': { version: '1.0.0' } },
    }),
  );
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  const advisory = { id: 1, url: 'https://example.com/1', title: 'A hole', severity: 'high', vulnerable_versions: '<2.0.0' };

  it.each([
    ['says so when the registry knows of nothing', 200, {}, 0, /^CLEAN/],
    ['lists what the registry knows of', 200, { old: [advisory] }, 1, /high\told\tA hole[\s\S]*VULNERABLE: 1/],
    ['does not take a registry that will not answer for a clean one', 405, {}, 2, /^COULD NOT RUN/],
    ['does not take a registry that is down for a clean one', 0, {}, 2, /^COULD NOT RUN/],
  ])('%s', async (_, status, advisories, code, said) => {
    const registry = createServer((request, response) => {
      request.resume();
      if (status === 0) return void request.socket.destroy();
      response.writeHead(request.method === 'POST' ? status : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(advisories));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => registry.once('listening', resolve));
    const env = {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`,
      npm_config_fetch_retries: '0',
      npm_config_cache: join(project, 'cache'),
    };
    const result = await new Promise<{ code: number; text: string }>((resolve) => {
      const child = execFile(process.execPath, [packageRoot('.ci/audit.mjs')], { cwd: project, env }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, text: stdout + stderr }),
      );
    });
    registry.closeAllConnections();
    registry.close();
    expect(result).toEqual({ code, text: expect.stringMatching(said) });
  });
});
