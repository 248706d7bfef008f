/** Bounds for one document. Reaching one ends the task as `failed`, and the code says which. */
export interface Limits {
  /** From the start of the child process to its answer. Shorter than the shortest sensible run time-out. */
  timeMs: number;
  /** V8's heap in the child. */
  heapMb: number;
  /**
   * All writable memory the child may map (Linux only). V8 maps 575 MB before a document comes, nearly all of it for
   * machine code and never touched; what is left is the document's. At 700 MB every other real contract failed.
   */
  dataBytes: number;
  pages: number;
  /** Characters of text taken from a document. */
  textChars: number;
  /** What a ZIP container says its files come to. */
  unzippedBytes: number;
  zipEntries: number;
  /** Clauses in a result; a contract with more is generated or hostile. */
  findings: number;
  /** What the child may write to its standard output. */
  outputBytes: number;
}

export const defaultLimits: Limits = {
  timeMs: 60_000,
  heapMb: 384,
  dataBytes: 1_000_000_000,
  pages: 2_000,
  textChars: 20_000_000,
  unzippedBytes: 64_000_000,
  zipEntries: 5_000,
  findings: 2_000,
  outputBytes: 16_000_000,
};
