// Builds everything into dist, unless nothing changed since. Programs run from dist meanwhile and start others there: every file gives way
// to its next version by a rename, so that none is ever missing or half-written. Why: docs/decisions/build.md.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const root = import.meta.dirname;
const options = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8')).compilerOptions.builder.options;
const folders = [...options.filenames, 'console'];
const files = ['.swcrc', 'build.mjs', 'nest-cli.json', 'package.json', 'package-lock.json', 'tsconfig.json'];
const dist = join(root, 'dist');
const next = join(root, options.outDir);
const stamp = join(dist, '.built-from');

if (!isUpToDate()) {
  const lock = waitForOtherBuilds();
  if (!isUpToDate()) build();
  lock.close();
}

function isUpToDate() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

/** SQLite for its lock: the system takes it back from a build that was killed, and knows no numbers of processes that mean another one by now. */
function waitForOtherBuilds() {
  mkdirSync(dist, { recursive: true });
  const lock = new DatabaseSync(join(dist, '.lock'), { timeout: 600_000 });
  lock.exec('BEGIN EXCLUSIVE');
  return lock;
}

function build() {
  const builtFrom = fingerprint(); // what is saved meanwhile is for the next build
  rmSync(next, { recursive: true, force: true });
  run('node_modules/@nestjs/cli/bin/nest.js', 'build');
  run('console/build.mjs', join(next, 'console'));
  rmSync(stamp, { force: true }); // until dist is whole again
  replaceFiles();
  writeFileSync(stamp, builtFrom);
}

/** Ends with it when it fails, and leaves dist as it was. */
function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function replaceFiles() {
  const fresh = pathsBelow(next);
  for (const { path, isFile } of fresh)
    if (isFile) renameSync(join(next, path), join(dist, path));
    else mkdirSync(join(dist, path), { recursive: true });
  const kept = new Set(['.lock', ...fresh.map(({ path }) => path)]);
  for (const { path } of pathsBelow(dist)) if (!kept.has(path)) rmSync(join(dist, path), { recursive: true, force: true });
  rmSync(next, { recursive: true });
}

/** Of every file that the build reads. */
function fingerprint() {
  const hash = createHash('sha256');
  const sources = folders.flatMap((folder) => pathsBelow(join(root, folder)).map((each) => ({ ...each, path: join(folder, each.path) })));
  const read = sources.filter(({ path, isFile }) => isFile && !path.endsWith('.tmp')).map(({ path }) => path);
  for (const path of [...read, ...files].sort())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}

/** Folders before what is in them. */
function pathsBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ path: join(entry.parentPath, entry.name).slice(folder.length + 1), isFile: entry.isFile() }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
