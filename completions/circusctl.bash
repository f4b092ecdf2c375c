# bash: source this file from ~/.bashrc, or put it as "circusctl" into /usr/share/bash-completion/completions.
_circusctl() {
  local line=${COMP_LINE:0:COMP_POINT} words current colon found
  # bash takes words apart at colons, of which endpoints and names of plugins have some.
  read -ra words <<< "$line"
  current=${words[-1]}
  [[ $line == *[[:space:]] ]] && words+=('') current=''
  colon=${current%"${current##*:}"}
  COMPREPLY=()
  # Whatever a watcher is called, the line is to mean its name and nothing else.
  while IFS= read -r found; do
    printf -v found %q "${found#"$colon"}"
    COMPREPLY+=("$found")
  done < <(AUTO_COMPLETE=lines COMP_WORDS="$line" COMP_CWORD=$((${#words[@]} - 1)) circusctl 2> /dev/null)
}
complete -F _circusctl circusctl
