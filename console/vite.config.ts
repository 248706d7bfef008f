import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Before the first paint, which a module would not be: it waits for the whole page. */
const themeFirst: Plugin = {
  name: 'theme-first',
  transformIndexHtml: {
    order: 'post',
    handler: () => [{ tag: 'script', attrs: { src: '/console/theme.js' }, injectTo: 'head' }],
  },
};

/** Static files for `/console`: nothing inline, so that the strictest policy holds, and hashed names, so that they may be kept for ever. */
export default defineConfig({
  root: here('.'),
  base: '/console/',
  clearScreen: false,
  logLevel: 'warn',
  plugins: [themeFirst],
  build: {
    outDir: process.env.POSTBACK_CONSOLE_OUT ?? here('../dist/console'),
    emptyOutDir: true,
    target: 'baseline-widely-available',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // libraries say 'use client' to servers that render, of which there is none; and a busy machine is slow
      onLog: (level, log, next) => !['MODULE_LEVEL_DIRECTIVE', 'PLUGIN_TIMINGS'].includes(log.code ?? '') && next(level, log),
    },
    license: { fileName: 'licenses.md' },
  },
});
