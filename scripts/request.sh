# Sourced by the curl scripts: where the node is, and one request to it that fails loudly.

[[ $# -eq 1 && $1 =~ ^[0-9]+$ ]] || {
  echo "usage: [HOST=127.0.0.1] [API_KEY=...] $0 PORT     e.g. $0 4000" >&2
  exit 2
}

scheme=http
credentials=()
[[ -z ${TLS_CERT_FILE:-} ]] || scheme=https
[[ -z ${TLS_CA_FILE:-} ]] || credentials+=(--cacert "$TLS_CA_FILE")
url="$scheme://${HOST:-127.0.0.1}:$1/api"
# A node takes several keys, with commas: the first one will do.
[[ -z ${API_KEY:-} ]] || credentials+=(--header "api-key: ${API_KEY%%,*}")

# The arguments are curl's. Sets `answer` to the body; ends the script unless the status is 2xx.
request() {
  local response status
  response=$(curl --silent --show-error --max-time 10 --write-out '\n%{http_code}' \
    ${credentials[@]+"${credentials[@]}"} "$@" "$url") || {
    echo "no answer from $url" >&2
    exit 1
  }
  status=${response##*$'\n'}
  answer=${response%$'\n'*}
  [[ $status == 2?? ]] || {
    echo "$url answered $status: $answer" >&2
    exit 1
  }
}
