"""A program's schedule."""

from cellsearch.derive.schedule.plan import Buffer, Call, Kernel, Outer, Phase, Place, Plan, Stage
from cellsearch.derive.schedule.schedule import schedule

__all__ = ["Buffer", "Call", "Kernel", "Outer", "Phase", "Place", "Plan", "Stage", "schedule"]
