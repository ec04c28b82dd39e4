"""Seeds that once failed, always run. A seed means the same schedule only as long as the simulation stays the same."""

SEEDS = (
    1,  # the transaction of a process killed before its COMMIT stayed open (the simulation's own fault)
    64,  # a consumer in the middle of a batch was taken for one with nothing to do (the simulation's own fault)
    500_646,  # as 64, while an upload was still under way
    13_593,  # the check of days met the text of a rejected element (the simulation's own fault)
    113,  # as 1, in a web process
    106,  # the end came before an entry that its first claimer had to put off was due (the simulation's own fault)
    78_427,  # a group destroyed and made anew between two commands of a trim lost what was pending of the old one
    8_582,  # an event was buried whole for a reading that a row stored meanwhile had turned into a conflict
)
