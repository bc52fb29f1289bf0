"""python -m bptt"""

from bptt import main

main()
