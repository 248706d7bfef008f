import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { SCOPES, type Scope } from '../../platform/http/principal.js';

@ApiSchema({ name: 'SignIn' })
export class SignInFields {
  @ApiProperty({ type: String, minLength: 8, maxLength: 256, description: 'An API key with the scope `admin`.' })
  @Matches(/^[\x21-\x7e]{8,256}$/, { message: 'key must be an API key: 8 to 256 visible characters' })
  key: string;
}

@ApiSchema({ name: 'ConsoleSession', description: 'Who is signed in at the console.' })
export class SessionView {
  @ApiProperty({ type: String, format: 'uuid' })
  key_id: string;

  @ApiProperty({ type: String, description: 'Of the key; what it does is written down under it.' })
  name: string;

  @ApiProperty({ type: String })
  tenant: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ type: String, format: 'date-time', description: 'When one has to sign in again.' })
  expires_at: Date;
}
