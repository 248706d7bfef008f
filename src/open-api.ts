import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AgentRegistry } from './agents/registry.js';
import { version } from './platform/version.js';
import { SubmitEnvelope } from './tasks/submit-envelope.dto.js';

/** The OpenAPI 3.1 document of the routes that are mounted; each agent gets a submit route of its own in it. */
export function describeApi(app: INestApplication, agents: AgentRegistry): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Postback')
    .setDescription('Long-running agent tasks on Postgres, with webhooks that always arrive.')
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const extraModels = [
    SubmitEnvelope,
    ...agents.all.flatMap((agent) => (agent.output === null ? [agent.input] : [agent.input, agent.output])),
  ];
  const document = SwaggerModule.createDocument(app, outline, { extraModels });
  document.paths = Object.fromEntries(
    Object.entries(document.paths).flatMap(([path, item]) => (path === '/agent/{type}' ? expand(path, item, agents) : [[path, item]])),
  );
  return document;
}

type PathItem = OpenAPIObject['paths'][string];

/** `POST /agent/{type}` becomes one operation per agent, with that agent's own body. */
function expand(path: string, item: PathItem, agents: AgentRegistry): [string, PathItem][] {
  const { post, ...rest } = item;
  const submits = agents.all.map((agent): [string, PathItem] => {
    const schema = { allOf: [{ $ref: `#/components/schemas/${agent.input.name}` }, { $ref: '#/components/schemas/SubmitEnvelope' }] };
    const operation = {
      ...post!,
      operationId: `submit_${agent.type.replaceAll('-', '_')}`,
      summary: `Submit a task of type ${agent.type}`,
      description: agent.description,
      parameters: post!.parameters?.filter((parameter) => !('in' in parameter && parameter.in === 'path')),
      requestBody: { required: true, content: { 'application/json': { schema } } },
    };
    return [`/agent/${agent.type}`, { post: operation }];
  });
  return [[path, rest], ...submits];
}
