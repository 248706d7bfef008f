import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';

jest.setTimeout(180_000); // compilers, as slow as the machine is busy

const COPIED = ['build.mjs', 'nest-cli.json', 'tsconfig.json', '.swcrc', 'package.json', 'package-lock.json'];

/** Stands in for Vite. */
const CONSOLE_BUILD = `
import { cpSync } from 'node:fs';
cpSync('console/index.html', process.argv[2] + '/index.html', { recursive: true });`;

/** A small project that is built like this one. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'postback-build-'));
  for (const path of COPIED) copyFileSync(packageRoot(path), join(project, path));
  symlinkSync(packageRoot('node_modules'), join(project, 'node_modules'));
  for (const folder of ['migrations', 'bench', 'chaos', 'examples']) write(`${folder}/one.ts`, 'export const one = 1;');
  write('src/data.json', '{"version":"first"}');
  write('console/build.mjs', CONSOLE_BUILD);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

const read = (path: string) => readFileSync(join(project, path), 'utf8');

/** What its pieces of output were, and how it ended. */
async function build(): Promise<{ code: number; output: string }> {
  const child = start();
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

/** As npm starts it for `npm run --silent`. */
const start = (): ChildProcess =>
  spawn(process.execPath, ['build.mjs'], { cwd: project, env: { ...process.env, npm_config_loglevel: 'silent' } });

describe('npm run build', () => {
  beforeAll(async () => {
    write('src/main.ts', "export const text: string = 'first';");
    write('src/gone/gone.ts', 'export const gone = 1;');
    write('console/index.html', 'first');
    expect(await build()).toEqual({ code: 0, output: '' });
  });

  it('compiles, takes along what is not TypeScript, and adds the console', () => {
    expect(read('dist/src/main.js')).toContain("text = 'first'");
    expect(read('dist/src/data.json')).toBe('{"version":"first"}');
    expect(read('dist/console/index.html')).toBe('first');
  });

  it('does nothing when nothing has changed', async () => {
    const before = statSync(join(project, 'dist/src/main.js'));
    expect(await build()).toEqual({ code: 0, output: '' });
    expect(statSync(join(project, 'dist/src/main.js'))).toEqual(before);
  });

  it('leaves every file loadable, old or new, for a process that runs meanwhile, and nothing of a source that is gone', async () => {
    write('src/main.ts', "export const text = 'second';");
    write('src/data.json', '{"version":"second"}');
    write('console/index.html', 'second');
    rmSync(join(project, 'src/gone'), { recursive: true });
    const paths = ['src/main.js', 'src/data.json', 'console/index.html'];
    const child = start();
    const seen = new Set<string>();
    while (child.exitCode === null) {
      for (const path of paths) seen.add(contents(`dist/${path}`));
      await tick();
    }
    expect([...seen].filter((text) => !/first|second/.test(text))).toEqual([]);
    for (const path of paths) expect(read(`dist/${path}`)).toContain('second');
    expect(existsSync(join(project, 'dist/src/gone'))).toBe(false);
  });

  it('may run several times at once', async () => {
    write('src/main.ts', "export const text = 'third';");
    expect(await Promise.all([build(), build(), build()])).toEqual(Array(3).fill({ code: 0, output: '' }));
    expect(read('dist/src/main.js')).toContain("text = 'third'");
  });

  it('leaves what was built before when a source does not compile, and tries again the next time', async () => {
    write('src/main.ts', 'export const text = ;');
    for (const _ of ['once', 'again']) {
      const { code, output } = await build();
      expect(code).not.toBe(0);
      expect(output).toContain('src/main.ts');
      expect(read('dist/src/main.js')).toContain("text = 'third'");
    }
  });
});

function contents(path: string): string {
  try {
    return read(path);
  } catch (error) {
    return String(error);
  }
}
