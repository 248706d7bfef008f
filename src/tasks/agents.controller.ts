import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AnyAgent } from '../agents/agent.js';
import { AgentRegistry, runPolicy } from '../agents/registry.js';
import { ApiDocument } from '../platform/http/api-document.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Needs } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { AgentList, AgentView } from './agent-view.dto.js';

@ApiTags('agents')
@Controller('agent')
@Needs('submit', 'read', 'admin')
export class AgentsController {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly api: ApiDocument,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the task types' })
  @ApiOkResponse({ type: AgentList, description: 'All task types of this service.' })
  list(): AgentList {
    return { items: this.agents.all.map((agent) => this.view(agent)), next_cursor: null };
  }

  @Get(':type')
  @ApiOperation({ summary: 'Show one task type' })
  @ApiOkResponse({ type: AgentView, description: 'The task type with its schemas.' })
  @ApiProblems({ 404: { not_found: 'There is no such task type.' } })
  show(@Param('type') type: string): AgentView {
    const agent = this.agents.get(type);
    if (agent === undefined) throw notFound(`The task type "${type.slice(0, 60)}"`);
    return this.view(agent);
  }

  private view(agent: AnyAgent): AgentView {
    const { timeoutMs, maxTimeoutMs } = runPolicy(agent);
    return {
      type: agent.type,
      description: agent.description,
      input: this.api.schema(agent.input.name),
      output: agent.output === null ? {} : this.api.schema(agent.output.name),
      timeout: timeoutMs / 1000,
      max_timeout: maxTimeoutMs / 1000,
    };
  }
}
