import { isHeading } from '../segment/headings.js';
import { parseMarker } from '../segment/numbering.js';
import { countWords } from '../segment/sentences.js';

/** Lines of proportional type that are equally wide differ by about so many characters. */
const ragged = 8;
const leastWords = 6;

/**
 * Whether a heading stands right above its text: without a blank line only its look and a line that ends where there was
 * room for more tell so.
 * @param last the last line of the heading
 * @param next the line below
 */
export function headsText(heading: string, last: string, next: string): boolean {
  if (next.length <= last.length + ragged || !/^["“‘([]{0,2}\p{Lu}/u.test(next)) return false;
  const word = next.indexOf(' ');
  const hadRoom = last.length + 1 + word + ragged <= next.length;
  return hadRoom && isTitle(heading) && countWords(next) >= leastWords && !isHeading(next) && /\s\p{Ll}/u.test(next);
}

/** With its number or without. "Section 7.2" alone may be the end of "under Section 7.2". */
function isTitle(heading: string): boolean {
  const marker = parseMarker(heading);
  if (!marker || (marker.kind === 'container' && marker.rest === '')) return isHeading(heading.trim());
  return isHeading(marker.rest.trim());
}
