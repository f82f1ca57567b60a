# Sourced by every script, with its arguments: what it says of itself when it is asked, before it does anything. That is what
# stands on top of it.

for argument in "$@"; do
  case $argument in
    --help | -h)
      sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
      echo
      echo '--help and --version are understood by all of these scripts.'
      exit 0
      ;;
    --version)
      sed -n 's/^  "version": "\(.*\)",$/\1/p' "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../package.json"
      exit 0
      ;;
  esac
done
