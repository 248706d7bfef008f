type Format = (value: number) => string | null;

// Word prints letters up to 30 times the same one, and Roman numbers have no signs beyond 3,999.
const maxLetters = 780;
const maxRoman = 3_999;

const formats = new Map<string, Format>([
  ['none', () => ''],
  ['bullet', () => ''],
  ['decimal', String],
  ['decimalZero', (value) => String(value).padStart(2, '0')],
  ['lowerLetter', letters],
  ['upperLetter', (value) => letters(value)?.toUpperCase() ?? null],
  ['lowerRoman', roman],
  ['upperRoman', (value) => roman(value)?.toUpperCase() ?? null],
  ['ordinal', ordinal],
  ['cardinalText', (value) => capitalised(cardinalWords(value))],
  ['ordinalText', (value) => capitalised(ordinalWords(value))],
]);

/** By the names that Word has for them (ECMA-376 Part 1, section 17.18.59). null for what cannot be written like that. */
export function formatNumber(value: number, format: string): string | null {
  return formats.get(format)?.(value) ?? null;
}

/** After z come aa, bb, cc, as in Word. */
function letters(value: number): string | null {
  if (value < 1 || value > maxLetters) return null;
  return String.fromCharCode(97 + ((value - 1) % 26)).repeat(Math.ceil(value / 26));
}

const romanSteps: [number, string][] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
];

function roman(value: number): string | null {
  if (value < 1 || value > maxRoman) return null;
  let rest = value;
  let text = '';
  for (const [step, signs] of romanSteps) for (; rest >= step; rest -= step) text += signs;
  return text;
}

function ordinal(value: number): string {
  const last = value % 100 > 10 && value % 100 < 14 ? 0 : value % 10;
  return `${value}${['th', 'st', 'nd', 'rd'][last] ?? 'th'}`;
}

const cardinals =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
const ordinals =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

function cardinalWords(value: number): string | null {
  if (value < 20) return cardinals[value - 1] ?? null;
  const ten = tens[Math.floor(value / 10) - 2];
  if (!ten) return null;
  return value % 10 ? `${ten}-${cardinals[(value % 10) - 1]}` : ten;
}

function ordinalWords(value: number): string | null {
  if (value < 20) return ordinals[value - 1] ?? null;
  const ten = tens[Math.floor(value / 10) - 2];
  if (!ten) return null;
  return value % 10 ? `${ten}-${ordinals[(value % 10) - 1]}` : ten.replace(/y$/, 'ieth');
}

function capitalised(words: string | null): string | null {
  return words && words.charAt(0).toUpperCase() + words.slice(1);
}
