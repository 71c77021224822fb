/** A process that must not outlive its parent. */
export interface Guarded {
  readonly pid: number;
  /** From startTicks(); undefined if the system does not provide it. */
  readonly startTicks: string | undefined;
  /** It leads a process group, which must not outlive it. */
  readonly leadsGroup?: boolean | undefined;
}

/** It must end with its parent, or soon after. */
export function guardLine(guarded: Guarded): string {
  return `+ ${named(guarded)}\n`;
}

/** It has ended: its pid may be reused. */
export function releaseLine(guarded: Guarded): string {
  return `- ${named(guarded)}\n`;
}

/** How long an orphan may take for a graceful stop. -1: no limit. */
export function graceLine(graceMs: number): string {
  return `grace ${graceMs < 0 ? -1 : Math.min(Math.ceil(graceMs / TICK_MS), MOST_TICKS)}\n`;
}

// The unit of the script.
const TICK_MS = 100;

// Every shell can count this far: almost seven years.
const MOST_TICKS = 2 ** 31 - 1;

/** A group is written as `kill` takes it. */
function named({ pid, startTicks, leadsGroup }: Guarded): string {
  return `${leadsGroup ? -pid : pid} ${startTicks ?? '-'}`;
}

/**
 * Reads those lines until the other end is closed: by a parent that is done, or by the system for a parent that died.
 * Then everything that is still listed gets SIGTERM and, after the grace period, SIGKILL. Plain POSIX: dash and busybox
 * run it.
 *
 * A number below 0 is a process group, by its leader. Once the leader has ended, the rest of the group gets SIGKILL at
 * once, with two exceptions: another process has the pid by now, which the kernel allows only when the group is empty;
 * or the group belongs to another session, because each leader began its own. This is looked up in /proc; without /proc
 * the group is killed unchecked.
 *
 * `alive PID TICKS`: 22 is the field of the start time. If it cannot be read, `kill` is asked: an open that failed does
 * not mean that the process has ended. `sleep` takes fractions everywhere except in the letter of POSIX.
 */
export const ORPHAN_SCRIPT = `
trap '' HUP INT QUIT TERM USR1 USR2 ALRM PIPE TSTP TTIN TTOU
set -f
cd /
PATH=$PATH:/usr/bin:/bin

alive() {
  if [ ! -r /proc/$$/stat ]; then
    kill -0 "$1"
    return
  fi
  if ! read -r stat </proc/"$1"/stat; then
    kill -0 "$1"
    return
  fi
  set -- "$2" \${stat##*) }
  case $2 in Z | X) return 1 ;; esac
  [ "$1" = - ] || [ "$1" = "\${21}" ]
}

of_group() {
  set +f
  for file in /proc/[0-9]*/stat; do
    read -r stat <"$file" || continue
    set -- "$1" \${stat##*) }
    case $2 in Z | X) continue ;; esac
    if [ "$4" = "$1" ] && [ "$5" = "$1" ]; then
      set -f
      return 0
    fi
  done
  set -f
  return 1
}

end_rest() {
  if [ ! -r /proc/$$/stat ]; then
    kill -s KILL -- "-$1"
  elif [ ! -e /proc/"$1" ] || zombie "$1" "$2"; then
    of_group "$1" && kill -s KILL -- "-$1"
  fi
}

zombie() {
  read -r stat </proc/"$1"/stat || return
  set -- "$2" \${stat##*) }
  case $2 in Z | X) ;; *) return 1 ;; esac
  [ "$1" = - ] || [ "$1" = "\${21}" ]
}

signal_all() {
  for entry in $list; do
    target=\${entry%:*}
    alive "\${target#-}" "\${entry#*:}" && kill -s "$1" -- "$target"
  done
}

keep_alive_ones() {
  kept=
  groups=
  for entry in $list; do
    target=\${entry%:*}
    if alive "\${target#-}" "\${entry#*:}"; then
      kept="$kept $entry"
      [ "$target" = "\${target#-}" ] || groups="$groups $entry"
    elif [ "$target" != "\${target#-}" ]; then
      end_rest "\${target#-}" "\${entry#*:}"
    fi
  done
  list=$kept
}

list=
groups=
grace=-1
while read -r word pid ticks; do
  case $word in
    +) list="$list $pid:$ticks" ;;
    -)
      kept=
      for entry in $list; do
        [ "$entry" = "$pid:$ticks" ] || kept="$kept $entry"
      done
      list=$kept
      ;;
    grace) grace=$pid ;;
  esac
done

signal_all TERM
waited=0
while keep_alive_ones; do
  if [ "$grace" -lt 0 ]; then
    [ -n "$groups" ] || exit 0
  else
    [ -n "$list" ] && [ "$waited" -lt "$grace" ] || break
  fi
  if [ "$waited" -lt 50 ] && sleep 0.1; then
    waited=$((waited + 1))
  else
    sleep 1 || exit 1
    waited=$((waited + 10))
  fi
done
signal_all KILL
`;
