import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';

export const analysisTypes = ['ip_clauses'] as const;

export type AnalysisType = (typeof analysisTypes)[number];

export class AnalyzeDocumentInput {
  @ApiProperty({
    type: String,
    format: 'uri',
    maxLength: 2048,
    description: 'Where to fetch the document: PDF, DOCX, HTML or plain text. What it is, is decided by its contents.',
    example: 'https://example.com/contract.pdf',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  document_url: string;

  @ApiProperty({
    enum: analysisTypes,
    description: '`ip_clauses` finds the clauses on intellectual property and compares them with a standard agreement.',
    example: 'ip_clauses',
  })
  @IsIn(analysisTypes)
  analysis_type: AnalysisType;
}
