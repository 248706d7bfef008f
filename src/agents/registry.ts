import 'reflect-metadata';
import { getMetadataStorage } from 'class-validator';
import { type AnyAgent, defaultRunPolicy, type RunPolicy } from './agent.js';

/** Fields of a submit that are the service's own; an agent's input sits beside them and may use none of these names. */
export const RESERVED_FIELDS = [
  'webhook_url',
  'webhook_secret',
  'webhook_endpoint_id',
  'webhook_events',
  'metadata',
  'expires_in',
  'timeout',
] as const;

/** Where `@ApiProperty` leaves the names of a class's fields, each behind a colon; Nest exports no reader of it. */
const DOCUMENTED_FIELDS = 'swagger/apiModelPropertiesArray';

/** The author of an agent has to act; the message is a sentence that says how. */
export class AgentError extends Error {
  override name = 'AgentError';
}

/** The agents of this service by type. Refuses to be built on a mistake that would otherwise show at the first submit. */
export class AgentRegistry {
  private readonly byType = new Map<string, AnyAgent>();

  constructor(agents: readonly AnyAgent[]) {
    for (const agent of agents) {
      check(agent);
      if (this.byType.has(agent.type)) throw new AgentError(`Two agents have the type ${agent.type}; rename one in src/agents.`);
      this.byType.set(agent.type, agent);
    }
  }

  get types(): string[] {
    return [...this.byType.keys()];
  }

  get all(): AnyAgent[] {
    return [...this.byType.values()];
  }

  get(type: string): AnyAgent | undefined {
    return this.byType.get(type);
  }
}

export const runPolicy = (agent: AnyAgent): RunPolicy => ({ ...defaultRunPolicy, ...agent.policy });

function check(agent: AnyAgent): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(agent.type) || agent.type.length > 60) {
    throw new AgentError(`Agent type "${agent.type}": use at most 60 lower-case letters and digits, joined by hyphens.`);
  }
  checkInput(agent);
  checkPolicy(agent);
}

function checkInput({ type, input, documentUrls = [] }: AnyAgent): void {
  const checked = checkedFields(input);
  const documented = documentedFields(input);
  const reserved = checked.filter((field) => (RESERVED_FIELDS as readonly string[]).includes(field));
  if (reserved.length > 0) {
    throw new AgentError(`Agent ${type} has the input field ${reserved.join(', ')}, which belongs to the submit itself; rename it.`);
  }
  for (const field of documented.filter((name) => !checked.includes(name)))
    throw new AgentError(
      `The field ${field} of ${type} has no class-validator decorator, so every submit of it would be refused; add one.`,
    );
  for (const field of checked.filter((name) => !documented.includes(name)))
    throw new AgentError(`The field ${field} of ${type} has no @ApiProperty, so GET /agent/${type} would not show it; add one.`);
  for (const field of documentUrls.filter((name) => !checked.includes(name)))
    throw new AgentError(`The documentUrls of ${type} name ${field}, which is no field of its input.`);
}

function checkPolicy(agent: AnyAgent): void {
  const { maxRuns, timeoutMs, maxTimeoutMs } = runPolicy(agent);
  if (!Number.isInteger(maxRuns) || maxRuns < 1)
    throw new AgentError(`The policy of ${agent.type} has maxRuns ${maxRuns}; it takes a whole number from 1 up.`);
  if (timeoutMs > maxTimeoutMs)
    throw new AgentError(
      `The policy of ${agent.type} has timeoutMs ${timeoutMs}, above its maxTimeoutMs ${maxTimeoutMs}; raise that, too.`,
    );
}

function checkedFields(dto: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return [...new Set(rules.map((rule) => rule.propertyName))];
}

function documentedFields(dto: new () => object): string[] {
  const names: string[] = Reflect.getMetadata(DOCUMENTED_FIELDS, dto.prototype) ?? [];
  return names.map((name) => name.slice(1));
}
