# The service alone: no compiler, no tests, no embedded Postgres. Writes nothing, so the file system may be read-only.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json .swcrc build.mjs ./
COPY bench ./bench
COPY chaos ./chaos
COPY console ./console
COPY examples ./examples
COPY migrations ./migrations
COPY src ./src
RUN npm run build

FROM node:24-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are the embedded Postgres, for every platform, and what pdfjs would draw pages with.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist/console ./dist/console
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/dist/migrations ./dist/migrations
USER node
EXPOSE 3000
# Only the role api answers HTTP; the others are left alone.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "if (!(process.env.POSTBACK_ROLES || 'api').includes('api')) process.exit(0); fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
