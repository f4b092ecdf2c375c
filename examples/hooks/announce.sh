#!/bin/sh
# after_spawn: told in variables, answers with its exit code; another one than 0 would end the process again.
echo "$CIRCUS_WATCHER has process $CIRCUS_PID"
