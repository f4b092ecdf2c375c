# fish: put this file into ~/.config/fish/completions, or /usr/share/fish/vendor_completions.d.
function __circusctl_complete
    set -l words (commandline -opc) (commandline -ct)
    AUTO_COMPLETE=lines COMP_WORDS="$words" COMP_CWORD=(math (count $words) - 1) circusctl 2>/dev/null
end
complete -c circusctl -f -a '(__circusctl_complete)'
