# An agent of the tests: sh agent.sh GROUND. It writes down when it begins and ends and whether another agent of its
# track lives, then does what GROUND/acts/<track>-<stage>.sh says, or <track>.sh, or any.sh.
ground=$1
log=$ground/log/$ORCH_TRACK
others=$(grep -lszxF "ORCH_HOME=$ORCH_HOME" /proc/[0-9]*/environ 2>/dev/null)
others=$(grep -lszxF "ORCH_TRACK=$ORCH_TRACK" $others /dev/null 2>/dev/null)
others=$(grep -lsz "^ORCH_ATTEMPT=" $others /dev/null 2>/dev/null)
others=$(grep -LszxF "ORCH_ATTEMPT=$ORCH_ATTEMPT" $others 2>/dev/null </dev/null)
for other in $others; do
    [ -e "$other" ] && echo "overlap $ORCH_ATTEMPT $other" >> "$log"
done
echo "start $ORCH_ATTEMPT $$ $(cut -d' ' -f22 /proc/$$/stat)" >> "$log"
# What a git of an agent before this one has left when it was killed.
own=$(git rev-parse --git-dir 2>/dev/null)
[ -n "$own" ] && rm -f "$own"/*.lock "$(git rev-parse --git-common-dir)/$(git symbolic-ref -q HEAD).lock"

save() { git add --all && { git diff --cached --quiet || git commit --quiet --message "${1:-work}"; }; }
note() { mkdir -p "$ground/notes" && : > "$ground/notes/$1"; }
noted() { [ -e "$ground/notes/$1" ]; }
ask() { "$ORCH_TEST_PYTHON" -P -c 'import sys; from orchestrator_tui.agent.main import main; sys.exit(main())' ask "$@"; }

for act in "$ORCH_TRACK-$ORCH_STAGE" "$ORCH_TRACK" "any-$ORCH_STAGE"; do
    if [ -e "$ground/acts/$act.sh" ]; then
        . "$ground/acts/$act.sh"
        break
    fi
done
code=$?
echo "end $ORCH_ATTEMPT $$" >> "$log"
exit $code
