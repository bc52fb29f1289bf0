"""Numbers beyond floats, and the emitted text run over them.

residue.py   integers modulo a prime with a tangent, on which functions are drawn at random
digits.py    decimal numbers of as many digits as asked for
degree.py    degrees of rational functions, from which the chance of an accident follows
text.py      an emitted module whose arrays hold such numbers
"""
