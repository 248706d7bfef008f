import { ApiProperty } from '@nestjs/swagger';
import { type Category, categories, type Severity, severities } from './analysis.js';
import { reviews, type Usage } from './review/budget.js';

export class ExcerptResult {
  @ApiProperty({ enum: categories })
  category: Category;

  @ApiProperty({
    type: String,
    description: 'The sentence that carries the finding, as printed; with the one after or before it, where that nearly carries one too.',
  })
  text: string;
}

export class ClauseResult {
  @ApiProperty({
    type: String,
    description:
      'Names the clause as its document does, and no other: "Clause 7.2", "Article IV", "Section 3", "Clause 7.2(a)", "Exhibit B, Clause 2"; "Clause 7.2, Paragraph 3" is a part of a long clause; "Paragraph 14" is the 14th paragraph where there are no numbers. A repeated name is counted: "Clause 1 (2)".',
    example: 'Clause 7.2',
  })
  ref: string;

  @ApiProperty({ type: String, nullable: true, description: 'Its own heading, or the one it stands under.', example: 'License Grant' })
  heading: string | null;

  @ApiProperty({ type: Number, nullable: true, minimum: 1, description: 'Where it starts; null for formats without pages.' })
  page: number | null;

  @ApiProperty({ enum: categories, isArray: true })
  categories: Category[];

  @ApiProperty({
    type: String,
    description:
      'The clause with its number and heading; paragraphs are separated by a newline. Of a clause of more than 150 words only the sentences that carry a finding, with some around them: `[…]` stands for what was left out, and `whole_text` has it.',
  })
  text: string;

  @ApiProperty({ type: String, nullable: true, description: 'The whole clause, where `text` leaves something out; otherwise null.' })
  whole_text: string | null;

  @ApiProperty({ type: Number, minimum: 0, maximum: 1, description: 'Of the surest of its excerpts.' })
  confidence: number;

  @ApiProperty({ type: ExcerptResult, isArray: true })
  excerpts: ExcerptResult[];
}

export class DiscrepancyResult {
  @ApiProperty({ enum: categories })
  category: Category;

  @ApiProperty({ enum: severities })
  severity: Severity;

  @ApiProperty({ type: String, nullable: true, description: '`ref` of the clause; null when the document has no clause of the category.' })
  clause_ref: string | null;

  @ApiProperty({ type: String, description: 'The position of the standard agreement.' })
  standard: string;

  @ApiProperty({ type: String, nullable: true, description: 'The words of the document this rests on; null when the clause is missing.' })
  found: string | null;

  @ApiProperty({ type: String, description: 'Why it matters.' })
  why: string;
}

export class DocumentResult {
  @ApiProperty({ type: Number, nullable: true, description: 'null for formats without pages.' })
  pages: number | null;

  @ApiProperty({ type: Number })
  words: number;

  @ApiProperty({ type: String, description: 'Of the bytes that were downloaded, in hex.' })
  sha256: string;

  @ApiProperty({ type: String, nullable: true })
  title: string | null;

  @ApiProperty({
    enum: ['en'],
    nullable: true,
    description: 'null when the document does not read as English, which is all that is understood: no clause is then said to be missing.',
  })
  language: 'en' | null;
}

export class UsageResult implements Usage {
  @ApiProperty({ type: String, nullable: true, description: 'The language model that was asked; null when none is configured.' })
  model: string | null;

  @ApiProperty({
    type: Number,
    description: 'Sent by the run that ended the task; answers that an earlier run had are not asked for again.',
  })
  requests: number;

  @ApiProperty({ type: Number, description: 'Tokens, as the endpoint counted them; estimated when it did not.' })
  prompt_tokens: number;

  @ApiProperty({ type: Number })
  completion_tokens: number;

  @ApiProperty({ type: Number })
  total_tokens: number;

  @ApiProperty({ type: Number, description: 'Sentences that the model judged.' })
  reviewed: number;

  @ApiProperty({
    enum: reviews,
    description:
      '`offline`: there was no model, or nothing to ask it · `complete`: all was asked · `budget`: the tokens of the task were spent before · `failed`: the model did not answer, or not sensibly. What the model did not judge stands as it was found without it.',
  })
  review: Usage['review'];
}

export class AnalyzeDocumentResult {
  @ApiProperty({
    type: String,
    isArray: true,
    description: '`ref` of each clause found, in the order of the document.',
    example: ['Clause 7.2'],
  })
  ip_clauses: string[];

  @ApiProperty({ type: ClauseResult, isArray: true })
  clauses: ClauseResult[];

  @ApiProperty({ type: DiscrepancyResult, isArray: true })
  discrepancies: DiscrepancyResult[];

  @ApiProperty({ type: DocumentResult })
  document: DocumentResult;

  @ApiProperty({ type: UsageResult })
  usage: UsageResult;
}
