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

/** The agents of this service by type. Refuses to be built on a mistake that would otherwise show at the first submit. */
export class AgentRegistry {
  private readonly byType = new Map<string, AnyAgent>();

  constructor(agents: readonly AnyAgent[]) {
    for (const agent of agents) {
      check(agent);
      if (this.byType.has(agent.type)) throw new Error(`Two agents have the type ${agent.type}; rename one in src/agents.`);
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
    throw new Error(`Agent type "${agent.type}": use at most 60 lower-case letters and digits, joined by hyphens.`);
  }
  const reserved = fieldsOf(agent.input).filter((field) => (RESERVED_FIELDS as readonly string[]).includes(field));
  if (reserved.length > 0) {
    throw new Error(`Agent ${agent.type} has the input field ${reserved.join(', ')}, which belongs to the submit itself; rename it.`);
  }
}

function fieldsOf(dto: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return [...new Set(rules.map((rule) => rule.propertyName))];
}
