#!/usr/bin/env bash
# usage: ./scripts/rolling.sh [SERVICE...]
#
# Brings what has changed in .env, docker-compose.yml or the image to the uplinks and nodes that run in Docker, one after the
# other, each when the one before is ready, so that clients notice nothing. What has not changed stays as it runs. Stops at the
# first that does not become ready. Redis and HAProxy are left alone.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

READY_WITHIN_S=150 # Longer than members are waited for after a stop of all.

if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
# The nodes of this profile are members like others, where they run.
export COMPOSE_PROFILES=${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}more

label() { docker inspect --format "{{index .Config.Labels \"com.docker.compose.$1\"}}" "$2"; }
running() { docker ps -q --no-trunc --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"; }

ids=$("${compose[@]}" ps -q)
project=$([[ -z $ids ]] || label project "${ids%%$'\n'*}")
services=("$@")
if ((${#services[@]} == 0)) && [[ -n $ids ]]; then
  # Uplinks first: none of them is a member.
  for service in $(for id in $ids; do label service "$id"; done | grep -E '^(uplink|node-)' | sort -r); do
    [[ -z $(running "$service") ]] || services+=("$service")
  done
fi
if ((${#services[@]} == 0)); then
  echo 'No uplink and no node runs: docker-compose up -d starts them.' >&2
  exit 1
fi

for service in "${services[@]}"; do
  before=$(running "$service")
  if ! said=$("${compose[@]}" up -d --no-deps --no-build "$service" 2>&1); then
    echo "$said" >&2
    echo "$service could not be started; those after it run as before." >&2
    exit 1
  fi
  started=$SECONDS
  until docker exec "$(running "$service")" probe /readyz >/dev/null 2>&1; do
    if ((SECONDS - started > READY_WITHIN_S)); then
      echo "$service is not ready after $READY_WITHIN_S s; those after it run as before. docker logs $(running "$service") may tell why." >&2
      exit 1
    fi
    sleep 0.2
  done
  if [[ $before == "$(running "$service")" ]]; then echo "$service: nothing to change"; else echo "$service: started anew, and ready"; fi
done
