#!/usr/bin/env bash
# usage: ./scripts/kafka.sh [PORT [FOLDER]]
#
# Starts one Apache Kafka broker on this machine, to try and to test the listener: ./scripts/kafka.sh [PORT]
# (default 9092). Ctrl-C stops it, and what it kept is gone; ./scripts/kafka.sh PORT FOLDER keeps it there.
#
# With Docker where an engine runs, else with Java 17 and Maven, which brings Kafka once (about 45 MB).
# KAFKA_WITH=java or KAFKA_WITH=docker leaves it no choice; ./scripts/kafka.sh --check only says whether it can.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/help.sh" "$@"

version=4.1.1
image=apache/kafka:$version@sha256:0bc1bb2478f45b6cea78864df86acdc11e8df2c5172477819a4d12942cbe5d40
port=${1:-9092}
folder=${2:-}
container=larder-kafka-$port
cache=${XDG_CACHE_HOME:-$HOME/.cache}/larder/kafka
jars=$cache/$version

say() { echo "kafka: $*" >&2; }

if [[ $port != --check && ! ($port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535) ]]; then
  say "$port is not a port. Usage: ./scripts/kafka.sh [PORT] [FOLDER]"
  exit 2
fi

has_docker() { command -v docker >/dev/null && docker info >/dev/null 2>&1; }

has_java() {
  local major
  major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1) || return 1
  [[ -n $major ]] && ((major >= 17)) && { [[ -d $jars ]] || command -v mvn >/dev/null; }
}

with=${KAFKA_WITH:-}
if [[ -z $with ]]; then
  if has_docker; then with=docker; elif has_java; then with=java; fi
fi
case $with in
  docker) has_docker || with= ;;
  java) has_java || with= ;;
  *) with= ;;
esac
if [[ -z $with ]]; then
  say 'neither a Docker engine that runs nor Java 17 with Maven was found' \
    '(Debian: apt-get install openjdk-17-jre-headless maven).'
  exit 2
fi

if [[ $port == --check ]]; then exit 0; fi

is_taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

if is_taken "$port"; then
  say "port $port is taken."
  exit 1
fi

# One at a time fills the cache, and a download that was cut off leaves nothing that looks whole.
download() {
  mkdir -p "$cache"
  exec 8>"$cache/.lock"
  if command -v flock >/dev/null; then flock 8; fi
  if [[ ! -d $jars ]]; then
    local partial
    partial=$(mktemp -d "$cache/.$version.XXXXXX")
    cat >"$partial/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>larder</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
POM
    say "downloading Apache Kafka $version (about 45 MB, once) into $jars ..."
    if ! mvn -B -f "$partial/pom.xml" -DincludeScope=runtime -DoutputDirectory="$partial/jars" \
      org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies </dev/null 2>&1 |
      tee "$partial/mvn.log" | sed -un 's|.*Downloaded from.*/\([^/]*\.jar\) |kafka:   \1 |p' >&2; then
      tail -20 "$partial/mvn.log" >&2
      rm -rf "$partial"
      say 'the download failed.'
      exit 1
    fi
    mv "$partial/jars" "$jars"
    rm -rf "$partial"
  fi
  exec 8>&-
}

if [[ $with == java && ! -d $jars ]]; then download; fi

kept=$folder
if [[ -z $folder ]]; then folder=$(mktemp -d "${TMPDIR:-/tmp}/larder-kafka.XXXXXX"); fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
broker=
watcher=

finish() {
  trap - EXIT INT TERM HUP
  if [[ -n $broker ]]; then kill "$broker" 2>/dev/null || true; fi
  if [[ $with == docker ]]; then docker stop --time 10 "$container" >/dev/null 2>&1 || true; fi
  if [[ -n $broker ]]; then wait "$broker" 2>/dev/null || true; fi
  if [[ -n $watcher ]]; then kill "$watcher" 2>/dev/null || true; fi
  if [[ -z $kept ]]; then rm -rf "$folder"; fi
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

# What both ways of running it set: one node that is everything, and groups that form at once.
settings=(
  node.id=1
  process.roles=broker,controller
  controller.listener.names=CONTROLLER
  listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
  inter.broker.listener.name=PLAINTEXT
  "advertised.listeners=PLAINTEXT://127.0.0.1:$port"
  offsets.topic.replication.factor=1
  offsets.topic.num.partitions=4
  transaction.state.log.replication.factor=1
  transaction.state.log.min.isr=1
  transaction.state.log.num.partitions=4
  share.coordinator.state.topic.replication.factor=1
  share.coordinator.state.topic.min.isr=1
  group.initial.rebalance.delay.ms=0
  auto.create.topics.enable=true
  # Killed and started again, it waits until it is taken for dead itself.
  broker.session.timeout.ms=2000
  broker.heartbeat.interval.ms=500
)

run_java() {
  local java=(java -Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jars/*"
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
    -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info)
  # Only the broker in the same process talks to its controller, at any port that is free.
  local controller
  until controller=$((20000 + RANDOM % 12000)) && ! is_taken "$controller"; do :; done
  printf '%s\n' "${settings[@]}" "log.dirs=$folder/data" "controller.quorum.voters=1@127.0.0.1:$controller" \
    "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" >"$folder/server.properties"
  if [[ ! -f $folder/data/meta.properties ]]; then
    "${java[@]}" kafka.tools.StorageTool format --cluster-id bGFyZGVyLWxhcmRlci1sYQ \
      --config "$folder/server.properties" >"$folder/broker.log" 2>&1 ||
      { cat "$folder/broker.log" >&2; say 'its storage could not be prepared.'; exit 1; }
  fi
  "${java[@]}" kafka.Kafka "$folder/server.properties" </dev/null >"$folder/broker.log" 2>&1 8>&- &
  broker=$!
  echo "$broker" >"$folder/broker.pid"
}

run_docker() {
  local env=() setting
  for setting in "${settings[@]}" listeners=PLAINTEXT://:9092,CONTROLLER://:9093 \
    controller.quorum.voters=1@localhost:9093; do
    local name=${setting%%=*}
    name=${name//./_}
    env+=(--env "KAFKA_${name^^}=${setting#*=}")
  done
  env+=(--env 'KAFKA_HEAP_OPTS=-Xms128m -Xmx512m')
  local mount=()
  if [[ -n $kept ]]; then
    mkdir -p "$folder/data"
    chmod 777 "$folder/data" # The image runs as a user of its own.
    mount=(--volume "$folder/data:/data" --env KAFKA_LOG_DIRS=/data)
  fi
  if ! docker image inspect "$image" >/dev/null 2>&1; then docker pull "$image" >&2; fi
  docker run --rm --name "$container" --publish "127.0.0.1:$port:9092" "${env[@]}" "${mount[@]}" \
    "$image" </dev/null >"$folder/broker.log" 2>&1 &
  broker=$!
}

say "starting Apache Kafka $version with ${with^} ..."
"run_$with"

# Whoever starts it through a pipe takes it along when it ends, however it ends.
if [[ -p /dev/stdin || -S /dev/stdin ]]; then
  exec 9<&0
  (cat <&9 >/dev/null; kill -TERM $$) 2>/dev/null &
  watcher=$!
fi

until grep -q 'Kafka Server started' "$folder/broker.log"; do
  if ! kill -0 "$broker" 2>/dev/null; then
    tail -20 "$folder/broker.log" >&2
    say 'it has ended before it was ready.'
    exit 1
  fi
  sleep 0.1
done
echo "kafka: ready on 127.0.0.1:$port"

code=0
wait "$broker" || code=$?
broker=
tail -5 "$folder/broker.log" >&2
say "it has ended by itself ($code)."
exit 1
