"""The demonstration: real input, the fixed rule that completes it, and the picture of an agenda.

``cohort`` fetches and reads the published cohort, ``rule`` adds what it does not hold (names, contacts, doctors,
times of day), ``heatmap`` draws. Nothing here knows the store: the command maps these plain records to its inputs.
"""
