/** The operator has to act: the environment cannot be used. Lists every problem at once, so that it is fixed in one go. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super([`The configuration cannot be used (${count(problems.length)}):`, ...problems.map((line) => `  - ${line}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

const count = (n: number): string => (n === 1 ? '1 problem' : `${n} problems`);
