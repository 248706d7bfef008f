import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength, Validate } from 'class-validator';
import { IsPlaybook } from './compare/is-playbook.js';

export const maxPlaybookChars = 65_536;

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

  @ApiProperty({
    type: String,
    required: false,
    maxLength: maxPlaybookChars,
    description:
      'Your own standard agreement to compare with, as YAML; its fields are described in docs/analysis.md. Left out, the one that comes with the service is used: a customer-side software and services agreement.',
    example:
      'version: 1\nname: Ours\ncategories:\n  license_grant:\n    standard: Licenses are non-exclusive.\n    missing: { severity: low, why: We need one. }\n',
  })
  @IsOptional()
  @IsString()
  @MaxLength(maxPlaybookChars)
  @Validate(IsPlaybook)
  playbook?: string;
}
