// Builds the console into dist/console, or into the folder that is named. What was built from the same inputs before is copied, so that commands which build first stay quick.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'console');
const built = resolve(process.argv[2] ?? join(root, 'dist/console'));
const cache = join(root, 'node_modules/.cache/postback-console');

const ready = join(cache, fingerprint());
if (!existsSync(ready)) await build(ready);
// beside it first: whoever serves it meanwhile finds the old files or the new ones
const fresh = `${built}.${process.pid}`;
cpSync(ready, fresh, { recursive: true });
rmSync(built, { recursive: true, force: true });
renameSync(fresh, built);

/** Of every file it is made from, and of the packages. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = filesBelow(source).filter((file) => !file.endsWith('.tmp'));
  for (const file of [...files, join(root, 'package-lock.json')].sort())
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** Into a folder of its own, which gets its name when it is whole. */
async function build(target) {
  const { build: viteBuild } = await import('vite');
  const unfinished = `${target}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  process.env.POSTBACK_CONSOLE_OUT = unfinished;
  await viteBuild({ configFile: join(source, 'vite.config.ts') });
  for (const file of filesBelow(unfinished).filter((file) => /\.(js|css|svg|html)$/.test(file))) compress(file);
  for (const old of readdirSync(cache).filter((name) => join(cache, name) !== unfinished))
    rmSync(join(cache, old), { recursive: true, force: true });
  renameSync(unfinished, target);
}

/** Once, here, instead of at every request. */
function compress(file) {
  const bytes = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
