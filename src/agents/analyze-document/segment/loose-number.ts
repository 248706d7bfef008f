import { isProminentHeading, splitNumbered } from './headings.js';
import { leadsTo, type Marker } from './numbering.js';
import type { Placed } from './place-paragraphs.js';

// "2 Licence", "2: Ownership. Contractor …", "2 - License. …", "[5] Contractor …"
const loose = /^(?:\[(\d{1,2})\]|(\d{1,2})(:|\s[–—-])?)\s+(?=["“‘(]?\p{Ll}?\p{Lu})/u;

/**
 * A number that only its place tells from an amount or that of a house: the one that comes next after the `last` of the
 * highest level, with a heading or a mark behind it. A first one has a heading with more than that to tell it.
 */
export function parseLoose(paragraph: Placed, next: Placed | undefined, last: number): Marker | null {
  const match = loose.exec(paragraph.text);
  if (!match) return null;
  const label = match[1] ?? match[2]!;
  const rest = paragraph.text.slice(match[0].length);
  const marker: Marker = { kind: 'decimal', label, rest };
  const leads = next !== undefined && leadsTo(marker, next.text);
  const isHeaded = splitNumbered(rest, leads).heading !== null || (paragraph.prominent && isProminentHeading(rest));
  const isOpening = last === 0 && rest === rest.toUpperCase() && !/\d/.test(rest);
  if (label === '1') return isHeaded && (leads || paragraph.prominent || isOpening) ? marker : null;
  const isMarked = match[1] !== undefined || match[3] !== undefined;
  return Number(label) === last + 1 && (isHeaded || isMarked) ? marker : null;
}
