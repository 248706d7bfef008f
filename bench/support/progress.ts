/** Progress for whoever waits; stdout holds results only. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
