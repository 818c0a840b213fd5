"""Sampling plans: which conversations are reviewed, with what probability, and why.

Every conversation has a permanent random number, made from the seed and its id. A draw takes the smallest
ones of each stratum, so it does not depend on the order of the frame, and drawing more keeps what was drawn
(Ohlsson 1995, "Coordination of samples using permanent random numbers"; Rosén 1997, "On sampling with probability
proportional to size", for unequal probabilities).
"""

from qa_toolkit.sampling.drawing import Draw, draw
from qa_toolkit.sampling.frames import NONE, OTHERS, strata_of
from qa_toolkit.sampling.plan import checked_arguments
from qa_toolkit.sampling.redrawing import redraw
from qa_toolkit.sampling.risk import risk_of
from qa_toolkit.sampling.window import within

__all__ = ["NONE", "OTHERS", "Draw", "checked_arguments", "draw", "redraw", "risk_of", "strata_of", "within"]
