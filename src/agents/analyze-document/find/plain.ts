/** Lower case, plain quotes and dashes, no ligatures, "license" also where it is British, and "non- exclusive" in one piece: so that rules stay readable. */
export function plain(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[\ufb00-\ufb06]/g, (ligature) => ligature.normalize('NFKC'))
    .replace(/\blicence/g, 'license')
    .replace(/[‘’ʼ`´]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[‐-―−]/g, '-')
    .replace(/(?<=[a-z])-\s+(?=[a-z])/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}
