import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { ALERT_KINDS } from '../alerts/kinds.js';
import { ALERT_STATES, type AlertState } from '../alerts/read-alerts.js';
import { PageQuery } from '../platform/http/page.js';

export class AlertQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ALERT_STATES })
  @IsOptional()
  @IsIn(ALERT_STATES)
  state?: AlertState;

  @ApiPropertyOptional({ enum: ALERT_KINDS })
  @IsOptional()
  @IsIn(ALERT_KINDS)
  kind?: string;
}
