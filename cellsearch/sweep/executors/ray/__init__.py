"""Trials on a cluster: Ray Tune places the workers, we give them work.

executor.py, crew.py   in the driver: who trains what, what is lost, what needs a larger share
process.py             the engine as the driver sees it
keeper.py              ends what the engine leaves behind, whatever ends the engine
engine.py              the one file that imports Ray; a Tune trial is a worker here
desk.py, labour.py     where engine and workers leave word for each other; what a worker does
"""
