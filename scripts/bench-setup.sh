# Sourced by scripts/bench and scripts/budgets: what both need before they can measure.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
USHER_VISIBLE=${USHER_VISIBLE:-}

# run_bench MODULE ARGUMENTS…
run_bench() {
  local module=$1
  shift
  PYTHONPATH="$usher_root/Benchmarks" PYTHONDONTWRITEBYTECODE=1 exec python3 -m "$module" "$@"
}

# make_paths_absolute ARGUMENTS…: sets `asked` to the arguments with the paths behind --out, --rival and --usher made
# absolute, and USHER_VISIBLE to those paths: where the script runs again in a root of its own, they are the same there.
make_paths_absolute() {
  local word expects="" name path
  asked=()
  for word in "$@"; do
    case "$word" in
      --out=* | --usher=* | --rival=*) expects=${word%%=*} word=${word#*=} && asked+=("$expects") ;;
      --*) expects=$word && asked+=("$word") && continue ;;
    esac
    case "$expects" in
      --out | --usher | --rival)
        # Of "NAME=PATH" the path.
        name="" path=$word
        [ "$expects" = --usher ] && [[ $word == *=* ]] && name=${word%=*}= path=${word##*=}
        [ "$expects" = --out ] && mkdir -p "$path"
        path=$(realpath -m -- "$path")
        USHER_VISIBLE+="$path"$'\n'
        word=$name$path
        ;;
    esac
    expects=""
    asked+=("$word")
  done
  export USHER_VISIBLE
}

# prepare_bench SCRIPT ARGUMENTS…: packages, Swift, a release build unless --usher names one. Sets `prepared` to the
# arguments that tell the program what was prepared, and `asked` to those that were given.
prepare_bench() {
  local script=$1 word module=bench builds=yes packages
  shift
  make_paths_absolute "$@"
  set -- "${asked[@]}"
  [ "$script" = scripts/budgets ] && module=bench.budgets
  for word in "$@"; do
    case "$word" in
      -h | --help) run_bench "$module" --help ;;
      --usher | --usher=*) builds= ;;
    esac
  done
  if [ ! -d "${KAFKA_HOME:-/nonexistent}/libs" ]; then
    say "KAFKA_HOME must name an unpacked Apache Kafka 4, the folder that holds libs/: only a real broker is measured."
    exit 69
  fi
  need_swift "$script" "$@"
  packages=(gcc libc6-dev make python3 python3-matplotlib default-jre-headless)
  # Counts instructions, which a benchmark of other measurements does not.
  case "$script $*" in
    "scripts/bench "*--only*instructions*) packages+=(valgrind) ;;
    "scripts/bench "*--only*) ;;
    *) packages+=(valgrind) ;;
  esac
  packages+=("${usher_packages[@]}" "${usher_server_packages[@]}" "${usher_release_packages[@]}")
  need_packages "${packages[@]}"
  prepared=(--tools "$usher_root/.build/bench")
  mkdir -p "$usher_root/.build/bench"
  [ -n "$builds" ] || return 0
  say "building usher for release"
  (cd "$usher_root" && swift build "${usher_release_flags[@]}" --product usher 2>&1 | { grep -vE '^\[[0-9]+/[0-9]+\]' >&2 || true; })
  prepared+=(--usher "$(cd "$usher_root" && swift build "${usher_release_flags[@]}" --show-bin-path)/usher")
}
