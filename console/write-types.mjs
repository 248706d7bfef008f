// Writes the shapes that the page reads, from the document of the API itself: what a route answers is said in one place.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const { openapi, info, components } = JSON.parse(await readFile(new URL('../docs/openapi.json', import.meta.url), 'utf8'));
const types = astToString(await openapiTS({ openapi, info, paths: {}, components: { schemas: components.schemas } }));
await writeFile(new URL('src/api/schema.d.ts', import.meta.url), `// Written by \`npm run openapi\`.\n\n${types}`);
