import { allSettings } from './settings.js';

/** The settings as the Markdown table of docs/settings.md. */
export function configTable(): string {
  const rows = allSettings.map(
    (setting) =>
      `| \`${setting.name}\` | ${setting.default === null ? 'unset' : code(setting.default)} | ${cell(setting.about)} Accepts ${cell(setting.accepts)}. |`,
  );
  return ['| name | default | what it does |', '|---|---|---|', ...rows].join('\n');
}

/** Prose defaults name settings in backticks already. */
const code = (text: string): string => (/[` ]/.test(text) ? text : `\`${text}\``);

const cell = (text: string): string => text.replaceAll('|', '\\|');
