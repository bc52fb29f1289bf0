"""What determines a run, and what is asked of the model after it; each checks itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from derive.errors import InputError
from verify.training.optimizers import OPTIMIZERS, SCHEDULES
from verify.training.tasks import Task


@dataclass(frozen=True)
class Settings:
    """What determines a run, with the values that suit the tasks here.

    Attributes:
        units: rows of each state.
        epochs, batch: passes over the data, and sequences side by side.
        rate, schedule, warm_up: the learning rate, its course, and the steps in which it rises.
        optimizer: sgd, momentum or adam.
        clip: the largest norm of all gradients together.
        decay: L2 weight decay, of matrices.
        carry, truncate: whether sequences follow one another and the state is carried on, and then the steps after which gradients are cut.
        seed: of parameters, data order and samples.
    """

    units: int = 128
    epochs: int = 8
    batch: int = 32
    rate: float = 4e-3
    schedule: str = "cosine"
    warm_up: int = 0
    optimizer: str = "adam"
    clip: float = 1.0
    decay: float = 1e-5
    carry: bool = False
    truncate: int = 25
    seed: int = 0

    def check(self) -> Settings:
        """These settings, if they make sense.

        Raises:
            InputError: one of them does not.
        """
        for names, least, told in (
            (("units", "epochs", "batch", "truncate", "rate", "clip"), math.ulp(0.0), "a positive number"),
            (("warm_up", "decay", "seed"), 0, "0 or a positive number"),
        ):
            for name in names:
                if not least <= getattr(self, name) < math.inf:
                    raise InputError(f"{name} is {getattr(self, name)}", advice=f"give {told}")
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise InputError(f"there is no {name} {getattr(self, name)!r}", advice=f"give one of {', '.join(known)}")
        return self


@dataclass(frozen=True)
class Sampling:
    """What a trained model is asked to write: how many texts, from which opening on, and how boldly (scores are divided by the temperature)."""

    count: int = 4
    opening: str = ""
    temperature: float = 0.8

    def check(self, task: Task) -> Sampling:
        """This, if it makes sense for a task.

        Raises:
            InputError: it does not.
        """
        if not 0 < self.temperature < math.inf:
            raise InputError(f"temperature is {self.temperature}", advice="give a positive number")
        task.check(self.opening)
        return self


SAMPLING = Sampling()
