# One image for uplink and nodes: the sources as they are, and what they need to run.
# The digest is of this version: whoever changes one changes both.
ARG NODE_IMAGE=node:26.10.0-slim@sha256:ec7758ee051e457b468b32bde57b0879010b325bb9862718e9615225ce4aaae1

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /larder
COPY package.json package-lock.json ./
# The optional packages are Node itself, for machines that do not have this version.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /larder
COPY package.json ./
COPY --from=dependencies /larder/node_modules node_modules
COPY shared shared
COPY node node
COPY uplink uplink
# A volume mounted here begins as this folder, and belongs to whom it belongs.
RUN mkdir /data && chown node:node /data
ENV DATA_DIR=/data
USER node
CMD ["node", "node/main.ts"]
