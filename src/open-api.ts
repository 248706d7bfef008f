import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AgentRegistry } from './agents/registry.js';
import { describeWebhooks, WebhookBody, WebhookTestBody } from './open-api-webhook.js';
import { bodyProblems, generalProblems, type ProblemTable, problemResponse } from './platform/http/api-problems.js';
import { version } from './platform/version.js';
import { SubmitEnvelope } from './tasks/submit-envelope.dto.js';

/** The OpenAPI 3.1 document of the routes that are mounted; each agent gets a submit route of its own in it. */
export function describeApi(app: INestApplication, agents: AgentRegistry): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Postback')
    .setDescription('Long-running agent tasks on Postgres, with webhooks that always arrive.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An API key. What it may do depends on its scopes: submit, read, admin.',
    })
    .addCookieAuth(
      'postback_session',
      { type: 'apiKey', in: 'cookie', description: 'A session of the console; see `POST /console/session`.' },
      'session',
    )
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('session')
    .addTag('tasks', 'Submit, look, cancel.')
    .addTag('agents', 'What can be submitted.')
    .addTag('endpoints', 'Register where webhooks go.')
    .addTag('admin', 'For operators: keys with the scope admin.')
    .addTag('health', 'For load balancers and orchestrators.')
    .build();
  const extraModels = [
    SubmitEnvelope,
    WebhookBody,
    WebhookTestBody,
    ...agents.all.flatMap((agent) => (agent.output === null ? [agent.input] : [agent.input, agent.output])),
  ];
  const document = SwaggerModule.createDocument(app, outline, { extraModels, operationIdFactory });
  const paths = Object.entries(document.paths).flatMap(([path, item]) =>
    path === '/agent/{type}' ? expand(path, item, agents) : [[path, item] as const],
  );
  for (const [, item] of paths) addGeneralProblems(item);
  return { ...document, paths: Object.fromEntries(paths), webhooks: describeWebhooks() };
}

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

/** `OutboxController.show` is `outbox_show`. */
const operationIdFactory = (controller: string, method: string) => `${controller.replace(/Controller$/, '').toLowerCase()}_${method}`;

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
      responses: { ...post!.responses },
    };
    return [`/agent/${agent.type}`, { post: operation }];
  });
  return [[path, rest], ...submits];
}

/** What every route can answer is said once, here. A public route (`security: []`) asks for no key and promises nothing of the kind. */
function addGeneralProblems(item: PathItem): void {
  for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
    if (operation.security?.length === 0) continue;
    if (method === 'post' || method === 'patch') add(operation, bodyProblems);
    add(operation, generalProblems);
  }
}

function add({ responses }: Operation, problems: ProblemTable): void {
  for (const [status, codes] of Object.entries(problems)) {
    const known = responses[status] as { description: string } | undefined;
    const { description, content } = problemResponse(codes);
    responses[status] = { description: known ? `${known.description}\n\n${description}` : description, content };
  }
}
