import { roman } from '../segment/numbering.js';

/** The part of mammoth's document model used here; the package ships no types for it. */
interface Node {
  type: string;
  children?: Node[];
  numbering?: { isOrdered: boolean; level: string | number } | null;
  value?: string;
}

/**
 * Word computes clause numbers when it draws the page; the file only says "numbered, level 2". This writes them back
 * into the text as contracts number by default: 1., 1.1, (a), (i). Another format set in the file is not followed.
 */
export function numberParagraphs(document: Node): Node {
  const counters: number[] = [];
  const visit = (node: Node): Node => {
    if (node.type === 'paragraph') return numbered(node, counters);
    return node.children ? { ...node, children: node.children.map(visit) } : node;
  };
  return visit(document);
}

function numbered(paragraph: Node, counters: number[]): Node {
  const { numbering } = paragraph;
  if (!numbering?.isOrdered || !hasText(paragraph)) return paragraph;
  const level = Math.min(Number(numbering.level) || 0, 8);
  counters.length = level + 1;
  for (let above = 0; above < level; above += 1) counters[above] ??= 1;
  counters[level] = (counters[level] ?? 0) + 1;
  const number: Node = { type: 'run', children: [{ type: 'text', value: `${label(counters)} ` }] };
  return { ...paragraph, numbering: null, children: [number, ...(paragraph.children ?? [])] };
}

function label(counters: readonly number[]): string {
  const own = counters.at(-1) ?? 1;
  if (counters.length === 1) return `${own}.`;
  if (counters.length === 2) return counters.join('.');
  return counters.length === 3 ? `(${String.fromCharCode(97 + ((own - 1) % 26))})` : `(${roman(own)})`;
}

function hasText(node: Node): boolean {
  return Boolean(node.value?.trim()) || (node.children ?? []).some(hasText);
}
