# One image for uplink and nodes: the sources as they are, and what they need to run.
ARG NODE_VERSION=26.10.0
# Releases are made from it by its digest (deploy/docker/digests.yml).
ARG NODE_IMAGE=node:${NODE_VERSION}-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /larder
COPY package.json package-lock.json ./
# The optional packages are Node itself, for machines that do not have this version.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Larder" \
      org.opencontainers.image.description="A clustered cache over HTTP: values, counters, reactions and API responses, on any node" \
      org.opencontainers.image.licenses="MIT"
# A container is called from outside of it. Who may call is still to be said: with API_KEY or KEYS_FILE, or ALLOW_ANONYMOUS=on.
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /larder
COPY package.json ./
COPY --from=dependencies /larder/node_modules node_modules
COPY shared shared
COPY node node
COPY uplink uplink
COPY deploy/docker/entrypoint deploy/docker/probe deploy/docker/backup /usr/local/bin/
# A volume mounted here begins as this folder, and belongs to whom it belongs.
RUN mkdir /data compiled && chown node:node /data compiled
USER node
# Compiled once, here, so that a start takes half as long.
ENV NODE_COMPILE_CACHE=/larder/compiled
RUN node node/main.ts --version && node uplink/main.ts --version
VOLUME /data
# A node, and uplink.
EXPOSE 4000 4500
# Whether it lives, for those who replace what does not; whether it is ready is `probe /readyz`.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["probe", "/livez"]
ENTRYPOINT ["entrypoint"]
CMD ["node", "node/main.ts"]
