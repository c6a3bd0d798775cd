"""Runs on a Ray cluster: `python -m models.cluster` hands the runs of a cluster to Ray (decision 39).

`dispatcher` submits each run as a Ray task, and Ray decides where and when. `node` trains it there. `keeper` is an
actor on the machine of the workspace: it gives a node all that a run needs, and writes what comes back into the run's
folder. Nothing else imports Ray.
"""
