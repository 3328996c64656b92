#!/bin/sh
# Hides what it runs behind eval, pipes and names put together from pieces. The trace shows every program that was
# executed, with its arguments, and who started whom.
PATH=/usr/bin:/bin
export PATH

# A command that is nowhere written as such: ROT13 of "seq 1 40 | grep 7 | wc -l".
eval "$(printf '%s' 'frd 1 40 | terc 7 | jp -y' | tr 'a-z' 'n-za-m')"

# A program's name from two variables, run by another shell.
first=so second=rt
printf 'pear\napple\nfig\n' | sh -c "${first}${second} -r | head -n 1"

# One program that starts others.
printf '%s\n' one two | xargs -n 1 env -i WHO=sample printf 'hello %s\n'

# A program that does not exist, unnoticed.
syscope-sample-missing 2>/dev/null

# And at last the shell itself becomes another program.
exec env printf 'done\n'
