"""Numbers beyond floats, and the emitted text run over them.

scalars.py     what every kind of number shares
functions.py   all functions on them, by their definitions
residue.py     integers modulo a prime with a tangent, on which functions are drawn at random
degree.py      degrees of rational functions, from which the chance of an accident follows
points.py      values of expressions at random points, in thirty digits
text.py        an emitted module whose arrays hold such numbers
"""
