import type { Line } from './document.js';

const heading = /^ {0,3}#{1,6} +(?=\S)/;
const bold = /^\s*\*\*[^*]{1,110}\*\*\s*$/;
const bullet = /^\s{0,8}[-*+] +(?=\S)/;
/** "---", "* * *", and what stands below the head of a table. */
const rule = /^\s*(?:[-*_] ?){3,}$|^\s*\|(?:[\s|:-]{3,})$/;

/** Whether somebody wrote it in Markdown: a sign here and there is no proof, as contracts hold "# of copies" and "[**]". */
export function isMarkdown(text: string): boolean {
  return (text.match(/^ {0,3}#{1,6} +\S/gm)?.length ?? 0) >= 2 || (text.match(/^\*\*\d[^*\n]{1,110}\*\*/gm)?.length ?? 0) >= 2;
}

/** Lines of Markdown as they would be shown. */
export function* readMarkdown(lines: Iterable<Line>): Iterable<Line> {
  let ended = false;
  for (const line of lines) {
    const { text } = line;
    const prominent = heading.test(text) || bold.test(text);
    const row = text.startsWith('|');
    const breakBefore = line.breakBefore || ended || prominent || row || bullet.test(text);
    ended = prominent || row || rule.test(text);
    if (!rule.test(text)) yield { ...line, text: withoutMarks(text), breakBefore, prominent };
  }
}

function withoutMarks(text: string): string {
  const words = heading.test(text) ? text.replace(heading, '').replace(/ #+\s*$/, '') : text.replace(bullet, '');
  return words
    .replace(/^\s*\||\|\s*$|(?<=\s)\|(?=\s)/g, ' ')
    .replace(/\*\*([^*]{1,1000})\*\*/g, '$1')
    .replace(/(?<![\p{L}\d*])\*([^*\s][^*]{0,500})\*(?![\p{L}\d*])/gu, '$1');
}

/** Mail that is quoted in mail, without the signs before its lines. */
export function unquote(text: string): string {
  const lines = text.split('\n');
  if (lines.filter((line) => line.startsWith('>')).length < 2) return text;
  let before = '';
  return lines
    .flatMap((line) => {
      const [quoted = ''] = /^(?:> ?)+/.exec(line) ?? [];
      const changed = quoted.trim() !== before.trim();
      before = quoted;
      return changed ? ['', line.slice(quoted.length)] : [line.slice(quoted.length)];
    })
    .join('\n');
}
