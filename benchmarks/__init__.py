"""How much the package costs above its drivers, and where that goes: `make bench`. What is measured stands in docs/benchmarks.md.

- ``__main__``   five whole runs, each a process of its own, then one table of medians
- ``whole_run``  one run: every verb, its contenders interleaved
- ``verbs``      one file per verb: what the package does, and what the bare driver does beside it
- ``peers``      one file per rival: the same reads on the same tables
- ``chats``      conversations that are written to and read, and their bodies opened by hand
- ``tapes``      the bare driver's part: the statements that the package sent, recorded and played again
"""
