/** Lower case, plain quotes and dashes, and "non- exclusive" in one piece: so that rules stay readable. */
export function plain(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[‘’ʼ`´]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[‐-―−]/g, '-')
    .replace(/(?<=[a-z])-\s+(?=[a-z])/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}
